// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"
#include "io/clock/steady_clock.hpp"
#include "io/names/shell_word.hpp"
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
#include "tools/keyferry/options/fleet_options.hpp"
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
    bool force = false;
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
      Check which replicas exist (DescribeKey) and report what a run would create, how long it would
      take, which quota limits it, and what blocks it. If the spec copies policies or tags, also
      calls GetKeyPolicy and ListResourceTags; if it selects keys, ListKeys, ListAliases and
      ListResourceTags.
  keyferry plan fleet.toml --out fleet.plan
  keyferry run fleet.plan
      Save the plan for review, then run exactly this plan. An earlier plan is overwritten, other
      files only with --force, and journals never. --out - writes the plan to standard output,
      without the report.
  keyferry plan fleet.toml --drift --detailed-exitcode
      Also compare the policy, tags, description and aliases of existing replicas with the spec
      (GetKeyPolicy, ListResourceTags and ListAliases in their Regions). A run does not change
      them; keyferry sync does.
  keyferry plan fleet.toml --count-keys
      Also count all keys of the accounts in the replica Regions, with one ListKeys call per 1,000
      keys: the default quota is 100,000 keys. Requires kms:ListKeys there.
  keyferry plan fleet.toml --offline
      Make no AWS calls; assume that no replica exists.
  keyferry plan fleet.toml --simulate --fault throttle=0.1
      Plan offline, then run the plan against the built-in simulator in virtual time.
  keyferry plan fleet.toml --format html > plan.html
      A self-contained page with charts. --format markdown suits pull requests.
  keyferry plan fleet.toml --json | jq .forecast.seconds
  keyferry plan fleet.toml --region 'eu-*' --first 20 --order-by region
      Show what a run with the same options would do. A filtered plan has its own SHA-256.

Exit codes: 0 done; 1 no response from KMS for some keys or replicas; 2 with --detailed-exitcode if
replicas are to be created or differ; 3 invalid spec, or --max-jobs or --max-cost exceeded; 6
credentials are missing or refused, or access was denied to keys that groups select or that --drift
compares.)";

/// The KMS to survey, and the objects that its calls require.
struct SurveyedKms {
    boost::asio::io_context io{1};
    io::SteadyClock clock{io};
    std::unique_ptr<KmsAccess> access;
};

/// A plan and the result of the key search.
struct PlannedFleet {
    planner::Plan plan;
    std::vector<planner::SelectedKey> found;
    std::vector<planner::QuotaCalls> search_calls;
};

/// Finds credentials. Returns false after logging the error and setting `exit_code`.
bool open(SurveyedKms& kms, const PlanOptions& options, const FleetScope& scope, int& exit_code) {
    if (const auto problem = check_kms_options(options.kms)) {
        log_message(problem->text);
        exit_code = exit_usage;
        return false;
    }
    io::Parsed<std::unique_ptr<KmsAccess>> access = open_kms(options.kms, scope, kms.io, kms.clock);
    if (!access) {
        log_message(access.error().text);
        log_message("to plan without AWS calls, use --offline");
        exit_code = exit_permission;
        return false;
    }
    kms.access = *std::move(access);
    return true;
}

ProgressStyle style_of(const PlanOptions& options) {
    return progress_style(options.progress, options.output.is_json());
}

/// Plans a fleet whose groups select keys. Searches for these keys, uses example keys for a
/// rehearsal, or omits them with --offline. Returns nullopt after logging the error and setting
/// `exit_code`. Also sets `exit_code` if KMS did not respond for some keys.
std::optional<PlannedFleet> plan_selecting_fleet(const PlanOptions& options,
                                                 planner::UnresolvedFleet fleet,
                                                 SurveyedKms& kms,
                                                 int& exit_code) {
    if (options.kms.simulation.simulate) {
        if (!options.out.empty()) {
            log_message("a plan with example keys cannot be saved: omit --simulate or --out");
            exit_code = exit_usage;
            return std::nullopt;
        }
        log_message(
            fmt::format("groups that select keys use {} example keys each", kExampleKeysAGroup));
        std::vector<planner::SelectedKey> found = find_example_keys(fleet.spec);
        planner::FleetLoad load = planner::plan_selected_keys(std::move(fleet), found);
        log_diagnostics(load);
        exit_code = load.plan ? exit_done : exit_usage;
        return load.plan ? std::optional(PlannedFleet{*std::move(load.plan), std::move(found), {}})
                         : std::nullopt;
    }
    if (options.offline) {
        log_message("groups that select keys are omitted because --offline makes no AWS calls");
        return PlannedFleet{planner::plan_listed_keys(std::move(fleet)), {}, {}};
    }
    if (!open(kms, options, scope_of(fleet.spec), exit_code)) {
        return std::nullopt;
    }
    log_message("searching for keys: " + kms.access->description());
    std::optional<ResolvedFleet> found = resolve_fleet(std::move(fleet),
                                                       *kms.access,
                                                       kms.io,
                                                       kms.clock,
                                                       style_of(options),
                                                       OutageWait::briefly,
                                                       exit_code);
    if (!found) {
        return std::nullopt;
    }
    exit_code = found->unseen.no_response > 0 ? exit_error
                : found->unseen.denied > 0    ? exit_permission
                                              : exit_done;
    return PlannedFleet{std::move(found->plan), std::move(found->found), std::move(found->calls)};
}

/// Adds the opt-in status of the plan's opt-in Regions to the review, if available.
void add_opt_ins(const planner::Plan& plan, SurveyedKms& kms, planner::PlanReview& review) {
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

/// Surveys KMS and adds the values to copy to `plan`. Returns nullopt after logging the error and
/// setting `exit_code`. Also sets `exit_code` if KMS did not respond for some keys, so that a
/// script does not mistake an incomplete plan for "nothing to do".
std::optional<planner::PlanReview> survey(const PlanOptions& options,
                                          planner::Plan& plan,
                                          const std::vector<planner::SelectedKey>& found,
                                          SurveyedKms& kms,
                                          int& exit_code) {
    if (!kms.access && !open(kms, options, scope_of(plan), exit_code)) {
        return std::nullopt;
    }
    log_message(fmt::format("checking {} {}: {}",
                            plan.keys.size(),
                            plan.keys.size() == 1 ? "key" : "keys",
                            kms.access->description()));
    SurveyEnd end =
        survey_kms(plan,
                   found,
                   *kms.access,
                   kms.io,
                   kms.clock,
                   style_of(options),
                   {.contents = options.drift ? engine::ReadContents::of_keys_and_replicas
                                              : engine::ReadContents::of_all_keys,
                    .counts_keys = options.count_keys,
                    .outage_wait = OutageWait::briefly});
    if (!end.inventory) {
        exit_code = end.exit_code;
        return std::nullopt;
    }
    if (const int failed = log_failed_lookups(plan, *end.inventory, options.drift);
        failed != exit_done) {
        exit_code = failed;
    }
    planner::set_contents(plan,
                          std::move(end.inventory->contents));  // for the comparison with replicas
    planner::PlanReview review = planner::compare_with_inventory(plan, *end.inventory);
    add_opt_ins(plan, kms, review);
    return review;
}

void print_rehearsal(const PlanOptions& options, const planner::Plan& plan, bool has_stdout) {
    const std::string text =
        rehearsal_text(rehearse(plan, simulator_settings(options.kms.simulation)));
    if (options.output.is_text() && has_stdout) {
        write_stdout("\n" + text + "\n");
    } else {
        log_message(text);  // standard output contains only the report or the plan
    }
}

bool save(const PlanOptions& options,
          const io::OutputTarget& out,
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
    if (!write_plan_file(saved, options.out, options.force)) {
        return false;
    }
    const bool can_be_run = out.kind != io::OutputTarget::Kind::stream;
    log_message(fmt::format("saved as {}", options.out) +
                (can_be_run ? "; to run it: keyferry run " + io::shell_word(options.out) : ""));
    return true;
}

int plan_fleet(const PlanOptions& options) {
    // Report invalid simulator options before any work.
    static_cast<void>(simulator_settings(options.kms.simulation));
    int exit_code = exit_done;
    std::optional<io::OutputTarget> out;
    if (!options.out.empty()) {
        out = check_plan_output(options.out, options.fleet, options.force, exit_code);
        if (!out) {
            return exit_code;
        }
    }
    planner::FleetLoad load = read_fleet_file(options.fleet);
    if (!load.plan && !load.unresolved) {
        return exit_usage;
    }
    std::string spec_sha256 = load.plan ? load.plan->sha256 : load.unresolved->sha256;
    SurveyedKms kms;
    std::optional<PlannedFleet> whole =
        load.plan ? PlannedFleet{*std::move(load.plan), {}, {}}
                  : plan_selecting_fleet(options, *std::move(load.unresolved), kms, exit_code);
    if (!whole) {
        return exit_code;
    }
    io::Parsed<planner::Plan> filtered =
        planner::filter_plan(std::move(whole->plan), options.filter.filter.before_review());
    if (!filtered) {
        log_message(filtered.error().text);
        return exit_usage;
    }
    const bool simulate = options.kms.simulation.simulate;
    std::optional<planner::PlanReview> review = planner::unsurveyed_review(*filtered);
    if (!options.offline && !simulate) {
        review = survey(options, *filtered, whole->found, kms, exit_code);
        if (!review) {
            return exit_code;
        }
        planner::add_calls(*review, whole->search_calls);
    }
    io::Parsed<planner::PlanPart> part =
        planner::select_part(*std::move(filtered), options.filter.filter.after_review(), &*review);
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
    const bool prints_report = !out || !out->is_stdout();
    if (prints_report) {
        print_plan_report(plan, *review, options.output);
    }
    if (simulate) {
        print_rehearsal(options, plan, prints_report);
    }
    if (!is_within(options.cost_limit, plan, *review)) {
        return exit_usage;
    }
    if (out && !save(options, *out, std::move(plan), *std::move(review), std::move(spec_sha256))) {
        return exit_error;
    }
    return exit_code == exit_done && options.detailed_exitcode && has_work ? exit_changes
                                                                           : exit_code;
}

}  // namespace

void add_plan_command(Command& parent) {
    auto options = std::make_shared<PlanOptions>();
    Command command = parent.command("plan", "Check KMS and report what a run would do");
    command.footer(kPlanFooter);
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file");
    command.option("--out", options->out, "Save the plan for `keyferry show` and `keyferry run`")
        .type_name("PLAN");
    command.flag("--force", options->force, "Let --out overwrite a file that is not a saved plan");
    Option offline = command.flag(
        "--offline", options->offline, "Make no AWS calls; assume that no replica exists");
    Option drift = command.flag(
        "--drift",
        options->drift,
        "Compare the policy, tags, description and aliases of existing replicas with the spec");
    drift.excludes(offline);
    Option count = command.flag(
        "--count-keys",
        options->count_keys,
        "Count all keys in the replica Regions and compare their number with the key quota");
    count.excludes(offline);
    command.flag("--detailed-exitcode",
                 options->detailed_exitcode,
                 "Exit with 2 if replicas are to be created or differ");
    add_progress_option(command, options->progress);
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
