// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"
#include "io/clock/steady_clock.hpp"
#include "planner/review/compare_with_inventory.hpp"
#include "planner/review/filter_review.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/opt_in_session.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/fleet/resolve_fleet.hpp"
#include "tools/keyferry/fleet/survey_session.hpp"
#include "tools/keyferry/options/cost_limit.hpp"
#include "tools/keyferry/options/filter_options.hpp"
#include "tools/keyferry/options/plan_output.hpp"
#include "tools/keyferry/simulated/example_keys.hpp"
#include "tools/keyferry/simulated/rehearsal.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/failed_lookups.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/terminal/version.hpp"

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

struct PlanOptions {
    std::string fleet;
    std::string out;
    std::string progress = "auto";
    bool offline = false;
    bool drift = false;
    bool count_keys = false;
    bool detailed_exitcode = false;
    PlanOutputOptions output;
    FilterOptions filter;
    CostLimit cost_limit;
    KmsOptions kms;
};

constexpr const char* kPlanFooter = R"(Examples:
  keyferry plan fleet.toml
      Ask KMS what there is (DescribeKey; where the spec copies, GetKeyPolicy and ListResourceTags;
      where it selects keys, ListKeys, ListAliases and ListResourceTags) and say what a run would
      make, how long that takes, which quota decides it, and what stands in the way.
  keyferry plan fleet.toml --out fleet.plan
  keyferry run fleet.plan
      Save the plan, have it looked at, run exactly that.
  keyferry plan fleet.toml --drift --detailed-exitcode
      Look also whether replicas that exist have the policy, tags, description and aliases that the
      spec says (GetKeyPolicy, ListResourceTags and ListAliases in their Regions). A run does not
      change them; keyferry sync does.
  keyferry plan fleet.toml --count-keys
      Count also all keys of the accounts in the Regions where replicas go, a ListKeys for each 1,000:
      KMS's default quota is 100,000 (kms:ListKeys must be allowed there).
  keyferry plan fleet.toml --offline
      Ask nobody: every replica that the spec names counts as to be created.
  keyferry plan fleet.toml --simulate --fault throttle=0.1
      Offline, and run it against the built-in simulator in virtual time: how did it go?
  keyferry plan fleet.toml --format html > plan.html
      The same with pictures, in one file that loads nothing; markdown is for pull requests.
  keyferry plan fleet.toml --json | jq .forecast.seconds
  keyferry plan fleet.toml --region 'eu-*' --first 20 --order-by region
      What a run with the same options would do: a plan of its own, with a SHA-256 of its own.

Exit code: 0; 1 when KMS gave no answer about some key or replica; 2 with --detailed-exitcode when
there are replicas to create, or that differ; 3 for mistakes in the spec and for more than --max-jobs
or --max-cost allows; 6 when credentials are missing or refused, or when keys that may be selected,
or something that --drift compares, may not be seen.)";

/// The KMS that is asked, from the first question to the last.
struct AskedKms {
    boost::asio::io_context io{1};
    io::SteadyClock clock{io};
    std::unique_ptr<KmsAccess> access;
};

/// A plan and what is known of its keys.
struct PlannedFleet {
    planner::Plan plan;
    std::vector<planner::SelectedKey> found;
    std::vector<planner::QuotaCalls> search_calls;
};

/// Finds credentials. False when that failed, which has been told; `exit_code` is then the
/// command's.
bool open(AskedKms& kms, const PlanOptions& options, const FleetScope& scope, int& exit_code) {
    if (const auto problem = check_kms_options(options.kms)) {
        log_message(problem->text);
        exit_code = exit_usage;
        return false;
    }
    io::Parsed<std::unique_ptr<KmsAccess>> access = open_kms(options.kms, scope, kms.io, kms.clock);
    if (!access) {
        log_message(access.error().text);
        log_message("to plan without asking KMS what there is: --offline");
        exit_code = exit_permission;
        return false;
    }
    kms.access = *std::move(access);
    return true;
}

ProgressStyle style_of(const PlanOptions& options) {
    return progress_style(options.progress, options.output.is_json());
}

/// Plans a fleet whose groups select keys: looks for them, makes them up for a rehearsal, or leaves
/// them out. Nothing when that failed, which has been told; `exit_code` is then the command's, and
/// also where KMS was silent about some keys.
std::optional<PlannedFleet> plan_selecting_fleet(const PlanOptions& options,
                                                 planner::UnresolvedFleet fleet,
                                                 AskedKms& kms,
                                                 int& exit_code) {
    if (options.kms.simulation.simulate) {
        if (!options.out.empty()) {
            log_message(
                "a plan of keys that are made up cannot be saved: leave --simulate or --out "
                "out");
            exit_code = exit_usage;
            return std::nullopt;
        }
        log_message(fmt::format("the keys of groups that select them are made up here, {} a group",
                                kExampleKeysAGroup));
        std::vector<planner::SelectedKey> found = find_example_keys(fleet.spec);
        planner::FleetLoad load = planner::plan_selected_keys(std::move(fleet), found);
        log_diagnostics(load);
        exit_code = load.plan ? exit_done : exit_usage;
        return load.plan ? std::optional(PlannedFleet{*std::move(load.plan), std::move(found), {}})
                         : std::nullopt;
    }
    if (options.offline) {
        log_message(
            "groups that select their keys are left out: --offline asks nobody which keys "
            "there are");
        return PlannedFleet{planner::plan_listed_keys(std::move(fleet)), {}, {}};
    }
    if (!open(kms, options, scope_of(fleet.spec), exit_code)) {
        return std::nullopt;
    }
    log_message("looking for keys: " + kms.access->description());
    std::optional<ResolvedFleet> found = resolve_fleet(
        std::move(fleet), *kms.access, kms.io, kms.clock, style_of(options), exit_code);
    if (!found) {
        return std::nullopt;
    }
    exit_code = found->unseen.no_response > 0 ? exit_error
                : found->unseen.denied > 0    ? exit_permission
                                              : exit_done;
    return PlannedFleet{std::move(found->plan), std::move(found->found), std::move(found->calls)};
}

/// Notes whether the account has those of the plan's Regions which it must enable, if that is told.
void note_opt_ins(const planner::Plan& plan, AskedKms& kms, planner::PlanReview& review) {
    if (std::none_of(plan.regions.begin(), plan.regions.end(), io::is_opt_in_region)) {
        return;
    }
    const auto opt_ins = ask_opt_ins(*kms.access, kms.io, kms.clock, std::chrono::milliseconds(0));
    for (const io::Region& region : plan.regions) {
        const auto known =
            opt_ins ? opt_ins->find(region.name()) : io::RegionOptIns::const_iterator();
        if (opt_ins && known != opt_ins->end()) {
            review.regions_enabled.emplace(region.name(),
                                           known->second == io::RegionOptIn::enabled);
        }
    }
}

/// Asks KMS; what it says of that which is copied becomes part of `plan`. Nothing when that failed;
/// `exit_code` is then the command's, and also where KMS was silent about some keys: a script must
/// not take that for nothing to do.
std::optional<planner::PlanReview> survey(const PlanOptions& options,
                                          planner::Plan& plan,
                                          const std::vector<planner::SelectedKey>& found,
                                          AskedKms& kms,
                                          int& exit_code) {
    if (!kms.access && !open(kms, options, scope_of(plan), exit_code)) {
        return std::nullopt;
    }
    log_message(fmt::format("asking about {} {}: {}",
                            plan.keys.size(),
                            plan.keys.size() == 1 ? "key" : "keys",
                            kms.access->description()));
    SurveyEnd end = survey_kms(plan,
                               found,
                               *kms.access,
                               kms.io,
                               kms.clock,
                               style_of(options),
                               options.drift ? engine::ReadContents::of_keys_and_replicas
                                             : engine::ReadContents::of_all_keys,
                               options.count_keys);
    if (!end.inventory) {
        exit_code = end.exit_code;
        return std::nullopt;
    }
    if (const int failed = log_failed_lookups(plan, *end.inventory, options.drift);
        failed != exit_done) {
        exit_code = failed;
    }
    planner::set_contents(plan,
                          std::move(end.inventory->contents));  // replicas are compared with them
    planner::PlanReview review = planner::compare_with_inventory(plan, *end.inventory);
    note_opt_ins(plan, kms, review);
    return review;
}

void print_rehearsal(const PlanOptions& options, const planner::Plan& plan) {
    const std::string text =
        rehearsal_text(rehearse(plan, simulator_settings(options.kms.simulation)));
    if (options.output.is_text()) {
        write_stdout("\n" + text + "\n");
    } else {
        log_message(text);  // standard output holds one document
    }
}

bool save(const PlanOptions& options,
          planner::Plan plan,
          planner::PlanReview review,
          std::string spec_sha256) {
    planner::SavedPlan saved;
    saved.plan = std::move(plan);
    saved.review = std::move(review);
    saved.tool = kToolVersion;
    saved.made = engine::journal_time(
        std::chrono::floor<io::WallTime::duration>(std::chrono::system_clock::now()));
    saved.spec = options.fleet;
    saved.spec_sha256 = std::move(spec_sha256);
    return write_plan_file(saved, options.out);
}

int plan_fleet(const PlanOptions& options) {
    // A bad option of the simulator is told before any work.
    static_cast<void>(simulator_settings(options.kms.simulation));
    planner::FleetLoad load = read_fleet_file(options.fleet);
    if (!load.plan && !load.unresolved) {
        return exit_usage;
    }
    std::string spec_sha256 = load.plan ? load.plan->sha256 : load.unresolved->sha256;
    int exit_code = exit_done;
    AskedKms kms;
    std::optional<PlannedFleet> whole =
        load.plan ? PlannedFleet{*std::move(load.plan), {}, {}}
                  : plan_selecting_fleet(options, *std::move(load.unresolved), kms, exit_code);
    if (!whole) {
        return exit_code;
    }
    io::Parsed<planner::Plan> asked =
        planner::filter_plan(std::move(whole->plan), options.filter.filter.before_review());
    if (!asked) {
        log_message(asked.error().text);
        return exit_usage;
    }
    const bool simulate = options.kms.simulation.simulate;
    std::optional<planner::PlanReview> review = planner::unsurveyed_review(*asked);
    if (!options.offline && !simulate) {
        review = survey(options, *asked, whole->found, kms, exit_code);
        if (!review) {
            return exit_code;
        }
        planner::add_calls(*review, whole->search_calls);
    }
    io::Parsed<planner::PlanPart> part =
        planner::select_part(*std::move(asked), options.filter.filter.after_review(), &*review);
    if (!part) {
        log_message(part.error().text);
        return exit_usage;
    }
    review = planner::filter_review(*review, *part);
    planner::Plan plan = std::move(part->plan);
    if (!check_jobs_max(plan, options.filter)) {
        return exit_usage;
    }
    const bool has_work =
        std::any_of(review->verdicts.begin(), review->verdicts.end(), [](const auto& verdict) {
            return verdict.action == planner::JobAction::create ||
                   verdict.action == planner::JobAction::sync;
        });
    print_plan_report(plan, *review, options.output);
    if (simulate) {
        print_rehearsal(options, plan);
    }
    if (!is_within(options.cost_limit, plan, *review)) {
        return exit_usage;
    }
    if (!options.out.empty()) {
        if (!save(options, std::move(plan), *std::move(review), std::move(spec_sha256))) {
            return exit_error;
        }
        log_message(
            fmt::format("saved as {}; run it with: keyferry run {}", options.out, options.out));
    }
    return exit_code == exit_done && options.detailed_exitcode && has_work ? exit_changes
                                                                           : exit_code;
}

}  // namespace

void add_plan_command(Command& parent) {
    auto options = std::make_shared<PlanOptions>();
    Command command =
        parent.command("plan", "Look at KMS and say what a run of a fleet spec would do");
    command.footer(kPlanFooter);
    command.argument("FLEET", options->fleet, "The fleet spec, a TOML file");
    command.option("--out", options->out, "Save the plan, to show and to run it later")
        .type_name("PLAN");
    Option offline = command.flag("--offline", options->offline, "Do not ask KMS what there is");
    Option drift = command.flag("--drift",
                                options->drift,
                                "Compare replicas that exist with what the spec says "
                                "of their policy, tags, description and aliases");
    drift.excludes(offline);
    Option count =
        command.flag("--count-keys",
                     options->count_keys,
                     "Count all keys of the accounts where replicas go, for the room that is left");
    count.excludes(offline);
    command.flag("--detailed-exitcode",
                 options->detailed_exitcode,
                 "Exit with 2 when there are replicas to create, or that differ");
    command.option("--progress", options->progress, "How progress is shown on standard error")
        .one_of({"auto", "bar", "log", "json", "none"})
        .show_default();
    add_plan_output_options(command, options->output);
    add_kms_options(command, options->kms);
    add_filter_options(command, options->filter);
    add_only_option(command, options->filter);
    add_cost_option(command, options->cost_limit);
    const Option simulate = add_simulation_options(command, options->kms.simulation);
    drift.excludes(simulate);
    count.excludes(simulate);
    command.on_run([options] { return plan_fleet(*options); });
}

}  // namespace keyferry::cli
