// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/review_fleet.hpp"

#include "engine/journal/format/text.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/filter_review.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/summary/replica_check.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/locate_primaries.hpp"
#include "tools/keyferry/fleet/opt_in_session.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/fleet/plan_to_run.hpp"
#include "tools/keyferry/fleet/resolve_fleet.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/simulated/example_keys.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

/// A plan, and the result of the key search.
struct PlannedFleet {
    planner::Plan plan;
    std::vector<planner::SelectedKey> found;
    std::vector<planner::QuotaCalls> search_calls;
    planner::UncheckedKeys unchecked;
    planner::RefusedAccounts refused_accounts;  ///< accounts that were not searched
};

class FleetReviewer {
  public:
    FleetReviewer(const ReviewOptions& options, ProgressStyle style, int& exit_code)
        : options_(options), filter_(options.filter.filter), style_(style), exit_code_(exit_code) {}

    std::optional<ReviewedFleet> review() {
        std::optional<PlannedFleet> planned =
            options_.accepts_saved_plan && is_plan_file(options_.fleet) ? read_plan() : read_spec();
        if (!planned) {
            return std::nullopt;
        }
        ReviewedFleet fleet;
        add_filter(planned->plan);
        fleet.empty_groups = planner::groups_without_keys(planned->plan);
        io::Parsed<planner::Plan> plan =
            planner::filter_plan(std::move(planned->plan), filter_.before_review());
        if (!plan) {
            return failed(plan.error().text);
        }
        fleet.plan = *std::move(plan);
        fleet.unchecked_keys = std::move(planned->unchecked);
        if (options_.offline || options_.kms.simulation.simulate) {
            fleet.review = planner::unsurveyed_review(fleet.plan);
        } else {
            if (!survey(planned->found, fleet)) {
                return std::nullopt;
            }
            planner::add_calls(fleet.review, planned->search_calls);
            fleet.review.refused_accounts.merge(planned->refused_accounts);
            provenance_.callers = kms_->callers();
        }
        if (has_whole_ && options_.filter.filter.before_review().is_empty()) {
            provenance_.whole_sha256 = fleet.plan.sha256;
        }
        provenance_.made = engine::journal_time(clock_.wall_now());
        provenance_.tool = kToolVersion;
        fleet.provenance = std::move(provenance_);
        return fleet;
    }

  private:
    std::nullopt_t failed(const std::string& text) {
        log_error(text);
        exit_code_ = exit_usage;
        return std::nullopt;
    }

    /// Adds the filter options to the provenance, for a part of the plan `whole`. Does nothing
    /// without filters.
    void add_filter(const planner::Plan& whole) {
        if (options_.filter.filter.is_empty()) {
            return;
        }
        std::string& filter = provenance_.filter;
        has_whole_ = filter.empty() && !lacks_keys_;  // not for a part of a saved part
        filter.append(filter.empty() ? "" : " ")
            .append(planner::filter_text(options_.filter.filter));
        if (has_whole_) {
            provenance_.whole_sha256 = whole.sha256;
        }
    }

    std::optional<PlannedFleet> read_plan() {
        is_saved_ = true;
        std::optional<planner::SavedPlan> saved = read_plan_file(options_.fleet);
        if (!saved) {
            exit_code_ = exit_usage;
            return std::nullopt;
        }
        if (!check_spec_of(*saved, options_.fleet, options_.plan_checks)) {
            exit_code_ = exit_changes;
            return std::nullopt;
        }
        for (const planner::Selection& selection : saved->plan.selections) {
            if (!selection.is_resolved) {
                return failed(
                    fmt::format("the plan lacks the keys that group {} selects, because they were "
                                "not searched when it was made; plan again without --offline",
                                io::terminal_line(selection.group)));
            }
        }
        provenance_ = std::move(saved->provenance);
        PlannedFleet planned{std::move(saved->plan), {}, {}, {}, {}};
        planned.unchecked.denied = planned.plan.keys_unseen;
        return planned;
    }

    std::optional<PlannedFleet> read_spec() {
        planner::FleetLoad load = read_fleet_file(options_.fleet);
        if (!load.plan && !load.unresolved) {
            exit_code_ = exit_usage;
            return std::nullopt;
        }
        if (load.unresolved) {
            if (const auto problem = keep_accounts(load.unresolved->spec, filter_)) {
                return failed(problem->text);
            }
            lacks_keys_ = !filter_.before_review().is_empty();
            filter_ = filter_.without_shard();
        }
        provenance_.spec = options_.fleet;
        provenance_.spec_sha256 = load.plan ? load.plan->sha256 : load.unresolved->sha256;
        return load.plan ? PlannedFleet{*std::move(load.plan), {}, {}, {}, {}}
                         : plan_selecting_fleet(*std::move(load.unresolved));
    }

    /// Plans a fleet whose groups select keys. Searches for these keys, uses example keys for a
    /// rehearsal, or omits them with --offline.
    std::optional<PlannedFleet> plan_selecting_fleet(planner::UnresolvedFleet fleet) {
        if (options_.kms.simulation.simulate) {
            return plan_example_keys(std::move(fleet));
        }
        if (options_.offline) {
            log_message("groups that select keys are omitted because --offline makes no AWS calls");
            return PlannedFleet{planner::plan_listed_keys(std::move(fleet)), {}, {}, {}, {}};
        }
        if (!open(scope_of(fleet.spec))) {
            return std::nullopt;
        }
        log_message("searching for keys: " + kms_->description());
        std::optional<ResolvedFleet> found = resolve_fleet(
            std::move(fleet), *kms_, io_, clock_, style_, OutageWait::briefly, exit_code_);
        if (!found) {
            return std::nullopt;
        }
        return PlannedFleet{std::move(found->plan),
                            std::move(found->found),
                            std::move(found->calls),
                            std::move(found->unseen),
                            std::move(found->refused_accounts)};
    }

    std::optional<PlannedFleet> plan_example_keys(planner::UnresolvedFleet fleet) {
        log_message(
            fmt::format("groups that select keys use {} example keys each", kExampleKeysAGroup));
        std::vector<planner::SelectedKey> found = find_example_keys(fleet.spec);
        planner::FleetLoad load = planner::plan_selected_keys(std::move(fleet), found);
        log_diagnostics(load);
        if (!load.plan) {
            exit_code_ = exit_usage;
            return std::nullopt;
        }
        return PlannedFleet{*std::move(load.plan), std::move(found), {}, {}, {}};
    }

    /// Finds credentials, unless this was done before.
    bool open(const FleetScope& scope) {
        if (!kms_) {
            kms_ = open_kms_for(options_, scope, io_, clock_, exit_code_);
        }
        return kms_ != nullptr;
    }

    /// Surveys KMS, adds the values to copy to the plan, and compares the plan with KMS.
    bool survey(std::vector<planner::SelectedKey>& found, ReviewedFleet& fleet) {
        if (!open(scope_of(fleet.plan))) {
            return false;
        }
        log_message(fmt::format("checking {}: {}",
                                planner::counted(fleet.plan.keys.size(), "key", "keys"),
                                kms_->description()));
        LocateEnd located;
        if (!is_saved_) {  // a saved plan is compared as it is
            located = locate_primaries(
                fleet.plan, found, *kms_, io_, clock_, style_, OutageWait::briefly);
        }
        if (located.exit_code != exit_done) {
            exit_code_ = located.exit_code;
            return false;
        }
        SurveyEnd end =
            survey_kms(fleet.plan,
                       found,
                       *kms_,
                       io_,
                       clock_,
                       style_,
                       {.contents = options_.compares ? engine::ReadContents::of_keys_and_replicas
                                                      : engine::ReadContents::of_all_keys,
                        .counts_keys = options_.counts_keys,
                        .outage_wait = OutageWait::briefly});
        if (!end.inventory) {
            exit_code_ = end.exit_code;
            return false;
        }
        fleet.inventory = std::move(end.inventory);
        planner::set_contents(fleet.plan, std::move(fleet.inventory->contents));
        fleet.review = planner::compare_with_inventory(fleet.plan, *fleet.inventory);
        planner::add_calls(fleet.review, located.calls);
        add_opt_ins(fleet);
        return true;
    }

    /// Adds the opt-in status of the plan's opt-in Regions to the review, if available.
    void add_opt_ins(ReviewedFleet& fleet) {
        const std::vector<io::Region>& regions = fleet.plan.regions;
        if (std::none_of(regions.begin(), regions.end(), io::is_opt_in_region)) {
            return;
        }
        const auto opt_ins = ask_opt_ins(*kms_, io_, clock_, std::chrono::milliseconds(0));
        if (!opt_ins) {
            return;
        }
        for (const io::Region& region : regions) {
            const auto known = opt_ins->find(region.name());
            if (known != opt_ins->end()) {
                fleet.review.regions_enabled.emplace(region.name(),
                                                     known->second == io::RegionOptIn::enabled);
            }
        }
    }

    const ReviewOptions& options_;
    planner::PlanFilter filter_;  ///< without the shard, if keep_accounts() has applied it
    ProgressStyle style_;
    int& exit_code_;
    bool is_saved_ = false;
    bool lacks_keys_ = false;  ///< keys outside the filters were not searched
    bool has_whole_ = false;   ///< the plan is a part of a plan with a known sha256
    planner::PlanProvenance provenance_;
    boost::asio::io_context io_{1};
    io::SteadyClock clock_{io_};
    std::unique_ptr<KmsAccess> kms_;
};

}  // namespace

std::optional<ReviewedFleet> review_fleet(const ReviewOptions& options,
                                          ProgressStyle style,
                                          int& exit_code) {
    return FleetReviewer(options, style, exit_code).review();
}

std::optional<std::vector<planner::JobIndex>> select_jobs(const FilterOptions& options,
                                                          ReviewedFleet& fleet) {
    io::Parsed<planner::PlanPart> part =
        planner::select_part(std::move(fleet.plan), options.filter.after_review(), &fleet.review);
    if (!part) {
        log_error(part.error().text);
        return std::nullopt;
    }
    fleet.review = planner::filter_review(fleet.review, *part);
    fleet.plan = std::move(part->plan);
    return std::move(part->jobs);
}

}  // namespace keyferry::cli
