// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/fleet_pipeline.hpp"

#include "engine/journal/format/text.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/plan/group_name.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/summary/replica_check.hpp"
#include "planner/text/glob.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/key_search_session.hpp"
#include "tools/keyferry/fleet/locate_primaries.hpp"
#include "tools/keyferry/fleet/opt_in_session.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/simulated/example_keys.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace keyferry::cli {

void log_missing_keys(const Fleet& fleet) {
    constexpr std::string_view kAgain = "run the command again (keyferry run: with --replan)";
    const bool is_saved = fleet.saved_review.has_value();
    const std::uint64_t no_response = fleet.unchecked_keys.no_response;
    if (no_response > 0) {
        log_message(
            fmt::format("{} that groups may select {} missing because KMS did not respond (see "
                        "above). To include {}, {}",
                        planner::counted(no_response, "key"),
                        no_response == 1 ? "is" : "are",
                        no_response == 1 ? "it" : "them",
                        kAgain));
    }
    if (fleet.unchecked_keys.denied > 0 || !fleet.refused_accounts.empty()) {
        log_message(is_saved
                        ? "keys that groups may select are missing from the plan (see above). Once "
                          "KMS can be asked about them, create a new plan"
                        : fmt::format("keys that groups may select are missing because access to "
                                      "them or to their account was denied (see above). Once it "
                                      "is allowed, {}",
                                      kAgain));
    } else if (no_response == 0 && !fleet.unsearched_groups.empty()) {
        log_message(fmt::format("the plan lacks the keys of {} (see above). Create a new plan",
                                planner::counted(fleet.unsearched_groups.size(), "group")));
    }
}

int missing_keys_exit_code(const Fleet& fleet) {
    if (fleet.unchecked_keys.no_response > 0) {
        return exit_work_left;
    }
    if (fleet.unchecked_keys.denied > 0 || !fleet.refused_accounts.empty()) {
        return exit_permission;
    }
    return fleet.unsearched_groups.empty() ? exit_done : exit_jobs_failed;
}

FleetPipeline::FleetPipeline(const FleetOptions& options, PipelineRules rules, ProgressStyle style)
    : options_(options),
      rules_(std::move(rules)),
      filter_(options.filter.filter),
      session_(options.kms, style) {}

void FleetPipeline::load() {
    if (rules_.accepts_saved_plan && is_plan_file(options_.fleet)) {
        read_saved_plan();
    } else {
        read_spec();
    }
    fleet_.review = planner::unsurveyed_review(fleet_.plan);
    fleet_.empty_groups = planner::groups_without_keys(fleet_.plan);
    add_filter_to_provenance();
    filter(filter_.before_review());
    check_filters();
    if (!rules_.is_offline && !options_.kms.simulation.simulate && !fleet_.saved_review) {
        locate();
        fleet_.review = planner::unsurveyed_review(fleet_.plan);  // jobs may have changed
    }
    if (rules_.changes_fleet) {
        filter(filter_.after_review());
    }
    fleet_.provenance.made = engine::journal_time(session_.clock().wall_now());
    fleet_.provenance.tool = kToolVersion;
}

void FleetPipeline::read_saved_plan() {
    planner::SavedPlan saved = read_plan_file(options_.fleet);
    check_spec_of(saved, options_.fleet, rules_.plan_checks);
    add_unsearched(saved);
    if (saved.plan.keys_unseen > 0) {
        log_message(
            fmt::format("WARNING: the plan lacks {} that a group may select, because they could "
                        "not be checked when the plan was created",
                        planner::counted(saved.plan.keys_unseen, "key")));
    }
    fleet_.unchecked_keys.denied = saved.plan.keys_unseen;
    fleet_.provenance = std::move(saved.provenance);
    fleet_.saved_review = std::move(saved.review);
    fleet_.plan = std::move(saved.plan);
}

/// Logs which groups of a saved plan lack keys because they were not searched, and adds them to the
/// fleet: an account whose credentials were refused then is one whose keys are missing now.
void FleetPipeline::add_unsearched(const planner::SavedPlan& saved) {
    for (const planner::Selection& selection : saved.plan.selections) {
        const std::vector<std::string>& groups = filter_.groups;
        const bool is_selected =
            groups.empty() || std::any_of(groups.begin(), groups.end(), [&](const auto& name) {
                return planner::is_group_named(selection.group, name);
            });
        if (selection.is_resolved || !is_selected) {
            continue;
        }
        const auto refused = saved.review.refused_accounts.find(selection.home.account);
        const bool is_refused = refused != saved.review.refused_accounts.end();
        log_message(fmt::format(
            "WARNING: the plan lacks the keys that group {} selects in {}, because {}",
            io::terminal_line(selection.group),
            selection.home.region.name(),
            is_refused ? fmt::format(
                             "the credentials of account {} were refused when the plan was created",
                             selection.home.account.digits())
                       : "they were not searched when the plan was created"));
        if (is_refused) {
            fleet_.refused_accounts.insert(*refused);
        } else if (fleet_.unsearched_groups.empty() ||
                   fleet_.unsearched_groups.back() != selection.group) {
            fleet_.unsearched_groups.push_back(selection.group);
        }
    }
}

void FleetPipeline::read_spec() {
    planner::FleetLoad load = read_fleet_file(options_.fleet);
    fleet_.provenance.spec = options_.fleet;
    if (!load.unresolved) {
        fleet_.provenance.spec_sha256 = load.plan->sha256;
        fleet_.plan = *std::move(load.plan);
        return;
    }
    if (const auto problem = keep_accounts(load.unresolved->spec, filter_)) {
        throw CommandError(exit_usage, problem->text);
    }
    lacks_keys_ = !filter_.before_review().is_empty();
    filter_ = filter_.without_shard();
    fleet_.provenance.spec_sha256 = load.unresolved->sha256;
    if (!rules_.is_offline) {
        plan_selected_keys(*std::move(load.unresolved));
    } else if (options_.kms.simulation.simulate) {
        plan_example_keys(*std::move(load.unresolved));
    } else {
        log_message("groups that select keys are omitted, because this is done without AWS calls");
        fleet_.plan = planner::plan_listed_keys(*std::move(load.unresolved));
    }
}

void FleetPipeline::plan_selected_keys(planner::UnresolvedFleet fleet) {
    session_.open(scope_of(fleet.spec));
    log_message("searching for keys: " + session_.kms().description());
    session_.kms().fill(fleet.spec);
    planner::SelectedKeys found = search_keys(fleet.spec, session_, rules_.search_wait);
    fleet_.plan = plan_found_keys(std::move(fleet), found.keys);
    if (rules_.changes_fleet && found.unseen.no_response > 0 && fleet_.plan.jobs.empty()) {
        throw CommandError(exit_work_left,
                           "no response from KMS for keys that groups may select; nothing was "
                           "changed. Run the command again");
    }
    for (planner::Selection& selection : fleet_.plan.selections) {
        selection.is_resolved = !found.refused_accounts.contains(selection.home.account);
    }
    fleet_.plan.keys_unseen = found.unseen.denied + found.unseen.no_response;
    fleet_.plan.keys_elsewhere = std::move(found.elsewhere);
    fleet_.found = std::move(found.keys);
    fleet_.calls = std::move(found.calls_by_quota);
    fleet_.unchecked_keys = std::move(found.unseen);
    fleet_.refused_accounts = std::move(found.refused_accounts);
}

void FleetPipeline::plan_example_keys(planner::UnresolvedFleet fleet) {
    log_message(
        fmt::format("groups that select keys use {} example keys each", kExampleKeysAGroup));
    fleet_.found = find_example_keys(fleet.spec);
    fleet_.plan = plan_found_keys(std::move(fleet), fleet_.found);
}

/// Adds the filter options and, if it is known, the SHA-256 of the whole plan to the provenance of
/// a filtered plan.
void FleetPipeline::add_filter_to_provenance() {
    if (options_.filter.filter.is_empty()) {
        return;
    }
    planner::PlanProvenance& provenance = fleet_.provenance;
    has_whole_ = provenance.filter.empty() && !lacks_keys_;  // not for a part of a saved part
    provenance.filter.append(provenance.filter.empty() ? "" : " ")
        .append(planner::filter_text(options_.filter.filter));
    if (has_whole_) {
        provenance.whole_sha256 = fleet_.plan.sha256;
    }
}

/// Reports filters that match nothing before credentials are needed. Regions of primaries are
/// accepted, since primaries may have moved.
void FleetPipeline::check_filters() const {
    planner::PlanFilter rest = filter_.after_review();
    rest.actions.clear();  // the survey determines these jobs
    const planner::Plan& plan = fleet_.plan;
    const bool may_match_moved =
        !rest.regions.empty() && !fleet_.saved_review &&
        std::any_of(plan.keys.begin(), plan.keys.end(), [&](const planner::PlannedKey& key) {
            return planner::matches_any_glob(key.primary.region.name(), rest.regions);
        });
    if (may_match_moved || rest.is_empty()) {
        return;
    }
    const io::Parsed<planner::Plan> part = planner::filter_plan(plan, rest);
    if (!part) {
        throw NoMatch(exit_usage, part.error().text);
    }
}

void FleetPipeline::locate() {
    session_.open(scope_of(fleet_.plan));
    const bool lacks_contents = planner::lacks_contents(fleet_.plan);
    try {
        const std::vector<planner::QuotaCalls> calls = locate_primaries(
            fleet_.plan,
            fleet_.found,
            session_,
            // Without the values to copy, a run could not begin; a sync can enable replicas.
            rules_.records_refusal && lacks_contents ? OutageWait::as_run : rules_.locate_wait);
        fleet_.calls.insert(fleet_.calls.end(), calls.begin(), calls.end());
    } catch (const KmsRefusal& refusal) {
        if (!rules_.records_refusal || lacks_contents) {
            throw;
        }
        fleet_.refusal = refusal;
    }
}

void FleetPipeline::survey(SurveyOptions options) {
    session_.open(scope_of(fleet_.plan));
    log_message(fmt::format("checking {}: {}",
                            planner::counted(fleet_.plan.keys.size(), "key"),
                            session_.kms().description()));
    fleet_.inventory = survey_kms(fleet_.plan, fleet_.found, session_, options);
    planner::set_contents(fleet_.plan, std::move(fleet_.inventory->contents));
    fleet_.review = planner::compare_with_inventory(fleet_.plan, *fleet_.inventory);
    fleet_.provenance.callers = session_.kms().callers();
    if (has_whole_ && options_.filter.filter.before_review().is_empty()) {
        fleet_.provenance.whole_sha256 = fleet_.plan.sha256;  // now with the values to copy
    }
    planner::add_calls(fleet_.review, fleet_.calls);
    fleet_.review.refused_accounts.merge(planner::RefusedAccounts(fleet_.refused_accounts));
}

void FleetPipeline::ask_about_opt_in_regions() {
    const std::vector<io::Region>& regions = fleet_.plan.regions;
    if (std::none_of(regions.begin(), regions.end(), io::is_opt_in_region)) {
        return;
    }
    const auto opt_ins = ask_opt_ins(session_, std::chrono::milliseconds(0));
    if (!opt_ins) {
        return;
    }
    for (const io::Region& region : regions) {
        const auto known = opt_ins->find(region.name());
        if (known != opt_ins->end()) {
            fleet_.review.regions_enabled.emplace(region.name(),
                                                  known->second == io::RegionOptIn::enabled);
        }
    }
}

std::vector<planner::JobIndex> FleetPipeline::filter_surveyed() {
    return filter(filter_.after_review());
}

std::vector<planner::JobIndex> FleetPipeline::filter(const planner::PlanFilter& filter) {
    io::Parsed<planner::PlanPart> part = planner::filter(fleet_, filter);
    if (!part) {
        throw NoMatch(exit_usage, part.error().text);
    }
    if (fleet_.saved_review) {
        fleet_.saved_review = planner::filter_review(*fleet_.saved_review, *part);
    }
    return std::move(part->jobs);
}

}  // namespace keyferry::cli
