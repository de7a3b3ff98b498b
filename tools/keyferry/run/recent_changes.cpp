// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/recent_changes.hpp"

#include "planner/review/sync_undo.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/run/fleet_journals.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

namespace keyferry::cli {

std::string settled_progress(const engine::SettledReads& reads,
                             std::size_t replicas,
                             bool as_json) {
    if (as_json) {
        return fmt::format(R"({{"replicas":{},"replicas_read":{},"replicas_unsettled":{}}})",
                           replicas,
                           reads.replicas_read(),
                           reads.replicas_unsettled());
    }
    return fmt::format(
        "checked {} of {}{}",
        reads.replicas_read(),
        planner::counted(replicas, "replica"),
        reads.replicas_unsettled() > 0
            ? fmt::format(", {} read again because KMS may not show the last changes yet",
                          reads.replicas_unsettled())
            : "");
}

void wait_for_recent_changes(const SyncOptions& options,
                             const planner::Plan& plan,
                             KmsSession& session) {
    const KmsAccess& kms = session.kms();
    io::Clock& clock = session.clock();
    const FleetJournals journals(options, plan.fleet_name, kms);
    const std::chrono::milliseconds visible_max = plan.settings.wait.doubt_timeout;
    planner::SharedTexts texts;
    std::vector<planner::ReplicaChange> changes;
    io::WallTime last_record{};
    for (engine::RecordedChanges& each :
         journals.changes_since(clock.wall_now() - visible_max, texts)) {
        last_record = std::max(last_record, each.last_record);
        std::move(each.changes.begin(), each.changes.end(), std::back_inserter(changes));
    }
    std::vector<planner::ChangedReplica> replicas =
        planner::changed_replicas(changes, options.selected_parts());
    if (!replicas.empty()) {
        std::set<io::KeyArn> planned;
        for (const planner::Job& job : plan.jobs) {
            planned.insert(planner::replica_arn(plan, job));
        }
        std::erase_if(replicas, [&](const planner::ChangedReplica& each) {
            return !planned.contains(each.replica) ||
                   kms.refused_accounts().contains(each.replica.account);
        });
    }
    if (replicas.empty()) {
        return;
    }
    log_message(
        fmt::format("checking {} that a sync or undo has just changed, because KMS may not show "
                    "the changes yet",
                    planner::counted(replicas.size(), "replica")));
    CallSession calls(plan.settings, session);
    engine::SettledReads reads(replicas,
                               calls.calls(),
                               clock,
                               engine::stale_for(last_record, clock.wall_now(), visible_max));
    calls.run([&] { return reads.run(); },
              [&](bool as_json) { return settled_progress(reads, replicas.size(), as_json); });
}

}  // namespace keyferry::cli
