// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/plan_to_run.hpp"

#include "io/names/terminal_text.hpp"
#include "planner/review/filter_review.hpp"
#include "planner/text/glob.hpp"
#include "tools/keyferry/fleet/copied_contents.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/locate_primaries.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/fleet/primaries_check.hpp"
#include "tools/keyferry/fleet/resolve_fleet.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

/// Warns about keys that are missing from a saved plan.
void warn_about_missing_keys(const planner::Plan& plan) {
    for (const planner::Selection& selection : plan.selections) {
        if (!selection.is_resolved) {
            log_message(
                fmt::format("WARNING: the plan lacks the keys that group {} selects in {}, because "
                            "they were not searched when it was made",
                            io::terminal_line(selection.group),
                            selection.home.region.name()));
        }
    }
    if (plan.keys_unseen > 0) {
        log_message(
            fmt::format("WARNING: the plan lacks {} keys that a group may select, because they "
                        "could not be checked when it was made",
                        plan.keys_unseen));
    }
}

/// Returns the saved plan at `path`, after filtering, if its spec still produces the same plan.
/// Otherwise returns nullopt after logging the reason and setting `exit_code`.
std::optional<RunPlan> saved_plan_to_run(const std::string& path,
                                         const FilterOptions& filter,
                                         const PlanChecks& checks,
                                         int& exit_code) {
    exit_code = exit_usage;
    std::optional<planner::SavedPlan> saved = read_plan_file(path);
    if (!saved) {
        return std::nullopt;
    }
    if (!check_spec_of(*saved, path, checks)) {
        exit_code = exit_changes;
        return std::nullopt;
    }
    warn_about_missing_keys(saved->plan);
    log_moved_primaries(saved->plan);
    std::optional<planner::PlanPart> part = filtered(std::move(saved->plan), filter, exit_code);
    if (!part) {
        return std::nullopt;
    }
    RunPlan run;
    run.saved_review = planner::filter_review(saved->review, *part);
    run.plan = std::move(part->plan);
    return run;
}

/// Reads the data that a run needs from KMS. Returns exit_done or the command's exit code.
int read_before_run(const RunOptions& options,
                    bool is_saved,
                    RunPlan& run,
                    asio::io_context& io,
                    io::Clock& clock) {
    const ProgressStyle style = progress_style(options.progress, options.json);
    const bool is_surveyed = is_saved && run.saved_review->is_surveyed;
    if (is_surveyed) {
        if (run.kms->is_simulated()) {
            return exit_done;
        }
        PrimariesCheck checked =
            check_primaries(options.fleet, run.plan, *run.saved_review, *run.kms, io, clock, style);
        run.inventory = std::move(checked.inventory);
        return checked.exit_code;
    }
    return planner::lacks_contents(run.plan)
               ? read_copied_contents(
                     run.plan, run.found, *run.kms, io, clock, style, run.inventory)
               : exit_done;
}

}  // namespace

std::unique_ptr<KmsAccess> open_kms_for(const FleetOptions& options,
                                        const FleetScope& scope,
                                        asio::io_context& io,
                                        io::Clock& clock,
                                        int& exit_code) {
    if (const auto problem = check_kms_options(options.kms)) {
        log_message(problem->text);
        exit_code = exit_usage;
        return nullptr;
    }
    io::Parsed<std::unique_ptr<KmsAccess>> kms = open_kms(options.kms, scope, io, clock);
    if (!kms) {
        log_message(kms.error().text);
        exit_code = exit_permission;
        return nullptr;
    }
    return *std::move(kms);
}

namespace {

/// Reports invalid filters before credentials are needed. Returns false after logging the error and
/// setting `exit_code`. Regions of primaries are accepted, since primaries may have moved.
bool check_filters(const planner::Plan& plan, const FilterOptions& options, int& exit_code) {
    const std::vector<std::string>& patterns = options.filter.regions;
    const bool may_match_moved =
        !patterns.empty() &&
        std::any_of(plan.keys.begin(), plan.keys.end(), [&](const planner::PlannedKey& key) {
            return planner::matches_any_glob(key.primary.region.name(), patterns);
        });
    if ((options.filter.is_empty() && !options.jobs_max) || may_match_moved) {
        return true;
    }
    return filtered(plan, options, exit_code).has_value();
}

/// Filters the plan of a spec and locates the primaries of the remaining keys. Returns false after
/// logging the error and setting `exit_code`.
bool take_part(const FleetOptions& options,
               const FilterOptions& filter,
               RunPlan& run,
               asio::io_context& io,
               io::Clock& clock,
               OutageWait outage_wait,
               int& exit_code) {
    io::Parsed<planner::Plan> part =
        planner::filter_plan(std::move(run.plan), filter.filter.before_review());
    if (!part) {
        log_message(part.error().text);
        return false;
    }
    run.plan = *std::move(part);
    FilterOptions rest = filter;
    rest.filter = filter.filter.after_review();
    if (!check_filters(run.plan, rest, exit_code)) {
        return false;
    }
    if (!options.kms.simulation.simulate) {
        if (!run.kms) {
            run.kms = open_kms_for(options, scope_of(run.plan), io, clock, exit_code);
        }
        if (!run.kms) {
            return false;
        }
        const LocateEnd located =
            locate_primaries(run.plan,
                             run.found,
                             *run.kms,
                             io,
                             clock,
                             progress_style(options.progress, options.json),
                             // Without the values to copy, the run could not begin.
                             planner::lacks_contents(run.plan) ? OutageWait::as_run : outage_wait);
        run.refusal = located.refusal;
        const bool can_begin = !run.refusal.empty() && !planner::lacks_contents(run.plan);
        if (located.exit_code != exit_done && !can_begin) {
            exit_code = located.exit_code;
            return false;
        }
    }
    std::optional<planner::PlanPart> filtered_part = filtered(std::move(run.plan), rest, exit_code);
    if (!filtered_part) {
        return false;
    }
    run.plan = std::move(filtered_part->plan);
    log_moved_primaries(run.plan);
    return true;
}

}  // namespace

std::optional<RunPlan> plan_fleet(const FleetOptions& options,
                                  asio::io_context& io,
                                  io::Clock& clock,
                                  OutageWait outage_wait,
                                  int& exit_code) {
    exit_code = exit_usage;
    planner::FleetLoad load = read_fleet_file(options.fleet);
    FilterOptions filter = options.filter;
    if (load.unresolved) {
        if (const auto problem = keep_accounts(load.unresolved->spec, filter.filter)) {
            log_message(problem->text);
            return std::nullopt;
        }
        filter.filter = filter.filter.without_shard();
    }
    std::optional<RunPlan> run;
    if (load.plan) {
        run.emplace();
        run->plan = *std::move(load.plan);
    } else if (load.unresolved) {
        auto kms = open_kms_for(options, scope_of(load.unresolved->spec), io, clock, exit_code);
        if (!kms) {
            return std::nullopt;
        }
        log_message("searching for keys: " + kms->description());
        auto found = resolve_fleet(*std::move(load.unresolved),
                                   *kms,
                                   io,
                                   clock,
                                   progress_style(options.progress, options.json),
                                   OutageWait::as_run,
                                   exit_code);
        if (!found) {
            return std::nullopt;
        }
        if (found->unseen.no_response > 0) {
            // The next run might find these keys and then have a different plan.
            log_message(
                "no response from KMS for keys that groups may select; nothing was changed. Run "
                "the command again");
            exit_code = exit_work_left;
            return std::nullopt;
        }
        exit_code = exit_usage;
        run.emplace();
        run->plan = std::move(found->plan);
        run->kms = std::move(kms);
        run->found = std::move(found->found);
        run->lacks_denied_keys = found->unseen.denied > 0 || !found->refused_accounts.empty();
    }
    if (run && !take_part(options, filter, *run, io, clock, outage_wait, exit_code)) {
        return std::nullopt;
    }
    return run;
}

std::optional<RunPlan> prepare_run(const RunOptions& options,
                                   bool is_saved,
                                   asio::io_context& io,
                                   io::Clock& clock,
                                   int& exit_code) {
    std::optional<RunPlan> run =
        is_saved ? saved_plan_to_run(options.fleet, options.filter, options.plan_checks, exit_code)
                 : plan_fleet(options, io, clock, OutageWait::briefly, exit_code);
    if (!run) {
        return std::nullopt;
    }
    if (!run->kms) {
        run->kms = open_kms_for(options, scope_of(run->plan), io, clock, exit_code);
        if (!run->kms) {
            return std::nullopt;
        }
    }
    run->kms->fill(run->plan);
    exit_code = read_before_run(options, is_saved, *run, io, clock);
    if (exit_code != exit_done) {
        return std::nullopt;
    }
    return run;
}

}  // namespace keyferry::cli
