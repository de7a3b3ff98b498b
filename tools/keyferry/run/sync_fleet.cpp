// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/run/sync_fleet.hpp"

#include "io/clock/steady_clock.hpp"
#include "io/names/in_quotes.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/replica_drift.hpp"
#include "planner/review/replica_sync.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/summary/replica_check.hpp"
#include "tools/keyferry/fleet/plan_to_run.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/run/recent_changes.hpp"
#include "tools/keyferry/run/sync_session.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/failed_lookups.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/unsynced_replicas.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;

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
void count_replicas(const planner::Plan& plan,
                    const planner::Inventory& inventory,
                    const planner::PlanReview& review,
                    Differences& found) {
    const std::vector<planner::ReplicaStatus> statuses =
        planner::check_replicas(plan, inventory, review);
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        ++(statuses[job] == planner::ReplicaStatus::missing ||
                   statuses[job] == planner::ReplicaStatus::blocked
               ? found.replicas_missing
           : planner::is_compared(plan, inventory, review, job) ? found.replicas_compared
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
        fmt::format("{} aliases are set for several keys and were not created, because an alias "
                    "belongs to one key. Correct the spec",
                    shared.size()));
    std::erase_if(changes, [&](const planner::ReplicaChange& change) {
        return !change.alias.empty() && shared.contains({change.place(), change.alias});
    });
    return false;
}

/// Surveys the replicas and adds the values to copy to the plan. Returns nullopt after logging the
/// error and setting `exit_code`.
std::optional<Differences> find_differences(const SyncOptions& options,
                                            RunPlan& fleet,
                                            asio::io_context& io,
                                            io::Clock& clock,
                                            int& exit_code) {
    planner::Plan& plan = fleet.plan;
    log_message(fmt::format("checking {}: {}",
                            planner::counted(plan.jobs.size(), "replica", "replicas"),
                            fleet.kms->description()));
    SurveyEnd end = survey_kms(plan,
                               fleet.found,
                               *fleet.kms,
                               io,
                               clock,
                               progress_style(options.progress, options.json),
                               {.contents = engine::ReadContents::of_keys_and_replicas});
    if (!end.inventory) {
        exit_code = end.exit_code;
        return std::nullopt;
    }
    Differences found;
    // The exit code depends on the replicas that could not be compared, not on the failed calls.
    static_cast<void>(log_failed_lookups(plan, *end.inventory, true));
    found.exit_code = end.inventory->refused_accounts.empty() ? exit_done : exit_permission;
    planner::set_contents(plan, std::move(end.inventory->contents));
    const planner::PlanReview review = planner::compare_with_inventory(plan, *end.inventory);
    const std::uint8_t parts = options.selected_parts();
    planner::SharedTexts texts;
    std::vector<bool> changes_state(plan.jobs.size());
    for (const planner::JobIndex job : planner::jobs_to_sync(review, parts)) {
        const std::uint8_t of_job = parts_to_change(options, plan, job);
        std::vector<planner::ReplicaChange> changes =
            planner::replica_changes(plan, *end.inventory, review, job, of_job, texts);
        changes_state[job] = (review.verdicts[job].steps & of_job & planner::sync_enabled) != 0;
        std::move(changes.begin(), changes.end(), std::back_inserter(found.changes));
    }
    count_replicas(plan, *end.inventory, review, found);
    found.unsynced = list_unsynced(plan, *end.inventory, review, changes_state);
    found.exit_code = combined_exit_code(found.exit_code, exit_code_of(found.unsynced));
    if ((parts & planner::sync_aliases) != 0 &&
        !check_shared_aliases(plan, *end.inventory, found.changes)) {
        found.exit_code = combined_exit_code(found.exit_code, exit_jobs_failed);
    }
    if (fleet.lacks_denied_keys) {
        log_message(
            "access to keys that groups may select was denied, see above; these keys are omitted");
        found.exit_code = combined_exit_code(found.exit_code, exit_permission);
    }
    return found;
}

}  // namespace

int sync_fleet(const SyncOptions& options) {
    asio::io_context io{1};
    io::SteadyClock clock(io);
    int exit_code = exit_done;
    std::optional<RunPlan> fleet = plan_fleet(options, io, clock, OutageWait::as_run, exit_code);
    if (fleet && !fleet->kms) {
        fleet->kms = open_kms_for(options, scope_of(fleet->plan), io, clock, exit_code);
    }
    if (!fleet || !fleet->kms) {
        return exit_code;
    }
    if (!fleet->refusal.empty()) {
        return exit_permission;
    }
    if (!may_change_fleet(options, fleet->plan.fleet_name, *fleet->kms)) {
        return exit_journal_held;
    }
    const io::WallTime began = clock.wall_now();
    exit_code = wait_for_recent_changes(options, fleet->plan, *fleet->kms, io, clock);
    if (exit_code != exit_done) {
        return exit_code;
    }
    std::optional<Differences> found = find_differences(options, *fleet, io, clock, exit_code);
    if (!found) {
        return exit_code;
    }
    SyncReport report(fleet->plan.fleet_name, found->changes);
    report.parts = options.selected_parts();
    report.replicas_missing = found->replicas_missing;
    report.replicas_compared = found->replicas_compared;
    report.replicas_not_compared = found->replicas_not_compared;
    report.unsynced = std::move(found->unsynced);
    report.fleet_path = options.fleet;
    return report_or_make_changes(options,
                                  fleet->plan.settings,
                                  std::move(report),
                                  *fleet->kms,
                                  io,
                                  clock,
                                  Comparison{began, found->exit_code});
}

}  // namespace keyferry::cli
