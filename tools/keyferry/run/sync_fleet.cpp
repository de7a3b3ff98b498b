// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/sync_fleet.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/review/replica_drift.hpp"
#include "planner/review/replica_sync.hpp"
#include "planner/summary/replica_check.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/fleet_pipeline.hpp"
#include "tools/keyferry/fleet/locate_primaries.hpp"
#include "tools/keyferry/run/recent_changes.hpp"
#include "tools/keyferry/run/sync_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/failed_lookups.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/unsynced_replicas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

/// Differences found by the survey.
struct Differences {
    std::vector<planner::ReplicaChange> changes;
    std::uint64_t replicas_missing = 0;
    std::uint64_t replicas_compared = 0;
    std::uint64_t replicas_not_compared = 0;
    std::vector<UnsyncedReplicas> unsynced;
    int exit_code = exit_done;  ///< the command's exit code if the changes succeed
};

/// Counts the replicas of the plan that are missing, compared and not compared.
void count_replicas(const planner::ReviewedPlan& reviewed,
                    const planner::Inventory& inventory,
                    Differences& found) {
    const std::vector<planner::ReplicaStatus> statuses =
        planner::check_replicas(reviewed, inventory);
    for (planner::JobIndex job = 0; job < reviewed.plan.jobs.size(); ++job) {
        ++(statuses[job] == planner::ReplicaStatus::missing ||
                   statuses[job] == planner::ReplicaStatus::blocked
               ? found.replicas_missing
           : planner::is_compared(reviewed, inventory, job) ? found.replicas_compared
                                                            : found.replicas_not_compared);
    }
}

/// Returns the parts of the job's replica that sync changes, as SyncStep bits. Unless the spec sets
/// enabled = false or "copy", a Disabled replica is enabled only on request: it may have been
/// disabled on purpose.
std::uint8_t parts_to_change(const SyncOptions& options,
                             const planner::Plan& plan,
                             planner::JobIndex job) {
    const bool leaves_state =
        options.parts.empty() &&
        planner::enabled_spec(plan, plan.jobs[job].key) == planner::EnabledSpec::yes;
    const unsigned parts = options.selected_parts();
    return static_cast<std::uint8_t>(
        leaves_state ? parts & ~static_cast<unsigned>(planner::sync_enabled) : parts);
}

/// Logs the aliases that the spec sets for more than one key, and removes them from the changes.
/// Returns false if there are any.
bool check_shared_aliases(const planner::Plan& plan,
                          const planner::Inventory& inventory,
                          std::vector<planner::ReplicaChange>& changes) {
    constexpr std::size_t kNamedMax = 10;
    const auto shared = planner::shared_aliases(plan, inventory);
    if (shared.empty()) {
        return true;
    }
    std::size_t named = 0;
    for (const auto& [place, name] : shared) {
        if (++named <= kNamedMax) {
            log_message(fmt::format("alias {} in {} of account {} is set for several keys",
                                    io::in_quotes(name),
                                    place.region.name(),
                                    place.account.digits()));
        }
    }
    log_message(
        fmt::format("{} set for several keys and not created, because an alias can belong to only "
                    "one key. Correct the spec",
                    planner::counted(shared.size(), "alias is", "aliases are")));
    std::erase_if(changes, [&](const planner::ReplicaChange& change) {
        return !change.alias.empty() && shared.contains({change.place(), change.alias});
    });
    return false;
}

/// How long to wait for a Region that does not respond. If only the state of the replicas is
/// synced, the Region of the primaries may be down, and the replicas may have to be enabled because
/// of that.
OutageWait outage_wait_of(const SyncOptions& options) {
    return options.selected_parts() == planner::sync_enabled ? OutageWait::briefly
                                                             : OutageWait::as_run;
}

/// Surveys the replicas and compares them with the spec.
Differences find_differences(const SyncOptions& options, FleetPipeline& pipeline) {
    pipeline.survey({.contents = engine::ReadContents::of_keys_and_replicas,
                     .outage_wait = outage_wait_of(options)});
    const Fleet& fleet = pipeline.fleet();
    const planner::Plan& plan = fleet.plan;
    const planner::Inventory& inventory = *fleet.inventory;
    Differences found;
    // The exit code depends on the replicas that could not be compared, not on the failed calls.
    log_failed_lookups(plan, inventory, true);
    found.exit_code = inventory.refused_accounts.empty() ? exit_done : exit_permission;
    const std::uint8_t parts = options.selected_parts();
    planner::SharedTexts texts;
    std::vector<bool> changes_state(plan.jobs.size());
    for (const planner::JobIndex job : planner::jobs_to_sync(fleet.review, parts)) {
        const std::uint8_t of_job = parts_to_change(options, plan, job);
        std::vector<planner::ReplicaChange> changes =
            planner::replica_changes(fleet, inventory, job, of_job, texts);
        changes_state[job] =
            (fleet.review.verdicts[job].steps & of_job & planner::sync_enabled) != 0;
        std::move(changes.begin(), changes.end(), std::back_inserter(found.changes));
    }
    count_replicas(fleet, inventory, found);
    found.unsynced = list_unsynced(fleet, inventory, changes_state);
    found.exit_code = combined_exit_code(found.exit_code, exit_code_of(found.unsynced));
    if ((parts & planner::sync_aliases) != 0 &&
        !check_shared_aliases(plan, inventory, found.changes)) {
        found.exit_code = combined_exit_code(found.exit_code, exit_jobs_failed);
    }
    log_missing_keys(fleet);
    found.exit_code = combined_exit_code(found.exit_code, missing_keys_exit_code(fleet));
    return found;
}

}  // namespace

int sync_fleet(const SyncOptions& options) {
    FleetPipeline pipeline(options,
                           {.changes_fleet = true,
                            .search_wait = OutageWait::as_run,
                            .locate_wait = outage_wait_of(options)},
                           progress_style(options.progress, options.json));
    pipeline.load();
    const planner::Plan& plan = pipeline.fleet().plan;
    KmsSession& session = pipeline.session();
    log_moved_primaries(plan);
    check_may_change_fleet(options, plan.fleet_name, session.kms());
    const io::WallTime began = session.clock().wall_now();
    wait_for_recent_changes(options, plan, session);
    Differences found = find_differences(options, pipeline);
    SyncReport report(plan.fleet_name, found.changes);
    report.parts = options.selected_parts();
    report.is_dry_run = options.dry_run;
    report.replicas_missing = found.replicas_missing;
    report.replicas_compared = found.replicas_compared;
    report.replicas_not_compared = found.replicas_not_compared;
    report.unsynced = std::move(found.unsynced);
    report.fleet_path = options.fleet;
    return report_or_make_changes(
        options, plan.settings, std::move(report), session, Comparison{began, found.exit_code});
}

}  // namespace keyferry::cli
