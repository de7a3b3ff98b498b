// SPDX-License-Identifier: Apache-2.0
#include "io/names/shell_word.hpp"
#include "planner/summary/plan_summary.hpp"
#include "planner/summary/replica_check.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_pipeline.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/options/creation_limits.hpp"
#include "tools/keyferry/options/fail_on.hpp"
#include "tools/keyferry/options/filter_options.hpp"
#include "tools/keyferry/options/plan_output.hpp"
#include "tools/keyferry/simulated/rehearsal.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/failed_lookups.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

struct PlanOptions : FleetOptions {
    bool offline = false;
    bool compares = false;     ///< compare the properties of existing replicas with the spec
    bool counts_keys = false;  ///< count all keys in the replica Regions
    std::string out;
    bool force = false;
    bool detailed_exitcode = false;
    PlanOutputOptions output;
    CreationLimits limits;
    FailOn fail_on;
};

constexpr const char* kPlanFooter = R"(Examples:
  keyferry plan fleet.toml
      Check which replicas exist (DescribeKey) and report what a run would create, how long it would
      take, which quota limits it, and what blocks it. If the spec copies policies or tags, plan
      also calls GetKeyPolicy and ListResourceTags; if it selects keys, ListKeys, ListAliases and
      ListResourceTags.
  keyferry plan fleet.toml --out fleet.plan
  keyferry run fleet.plan
      Save the plan for review, then run exactly this plan. An earlier plan is overwritten, other
      files only with --force, and journals never. With --out -, the plan is written to standard
      output instead of the report; this excludes --json.
  keyferry plan fleet.toml --drift --detailed-exitcode
      Also compare the policy, tags, description and aliases of existing replicas with the spec
      (GetKeyPolicy, ListResourceTags and ListAliases in their Regions). A run does not change
      them; keyferry sync does.
  keyferry plan fleet.toml --fail-on warning
      Exit with 2 if the report has errors or warnings, for example to stop a pipeline.
  keyferry plan fleet.toml --count-keys
      Also count all keys that the accounts have in the replica Regions, with one ListKeys call per
      1,000 keys, and compare the counts with the key quota (100,000 by default). Requires
      kms:ListKeys in these Regions.
  keyferry plan fleet.toml --offline
      Make no AWS calls; assume that no replica exists.
  keyferry plan fleet.toml --simulate --fault throttle=0.1
      Plan offline, then run the plan against the built-in simulator in virtual time.
  keyferry plan fleet.toml --format html > plan.html
      Write a self-contained page with charts. For pull requests, use --format markdown.
  keyferry plan fleet.toml --json | jq .forecast.seconds
  keyferry plan fleet.toml --region 'eu-*' --first 20 --order-by region
      Show what a run with the same options would do. A filtered plan has its own SHA-256.

Exit codes: 0 done; 2 with --detailed-exitcode, replicas are missing, differ, or cannot be created
or used; with --fail-on, there are findings of at least that severity; --max-jobs or --max-cost is
exceeded; 3 usage or invalid spec; 5 no response from KMS for some keys or replicas; 6 the
credentials of an account are missing or refused, or access was denied to keys that groups select or
--drift compares, or, with --detailed-exitcode, to any key. 2 takes precedence over 5 and 6.)";

void print_rehearsal(const PlanOptions& options, const planner::Plan& plan, bool has_stdout) {
    const std::string text =
        rehearsal_text(rehearse(plan, simulator_settings(options.kms.simulation)));
    if (options.output.is_text() && has_stdout) {
        write_stdout("\n" + text + "\n");
    } else {
        log_message(text);  // standard output contains only the report or the plan
    }
}

void save(const PlanOptions& options, const io::OutputTarget& out, Fleet& fleet) {
    planner::SavedPlan saved;
    saved.plan = std::move(fleet.plan);
    saved.review = std::move(fleet.review);
    saved.provenance = fleet.provenance;
    write_plan_file(saved, options.out, options.force);
    fleet.plan = std::move(saved.plan);
    fleet.review = std::move(saved.review);
    if (out.is_stdout()) {
        note_stdout_used();
    }
    const bool can_be_run = out.kind != io::OutputTarget::Kind::stream;
    log_message(fmt::format("saved as {}", options.out) +
                (can_be_run ? "; to run it: keyferry run " + io::shell_word(options.out) : ""));
}

/// Returns the exit code for keys and replicas that could not be checked.
int unchecked_exit_code(const PlanOptions& options, const Fleet& fleet) {
    const int of_keys = fleet.unchecked_keys.no_response > 0 ? exit_work_left
                        : fleet.unchecked_keys.denied > 0 || !fleet.review.refused_accounts.empty()
                            ? exit_permission
                            : exit_done;
    const int of_survey =
        fleet.inventory ? failed_lookups_exit_code(fleet.plan, *fleet.inventory, options.compares)
                        : exit_done;
    return combined_exit_code(of_survey, of_keys);
}

/// Returns the exit code of a command whose plan was reported and saved. `unchecked` is the exit
/// code for what could not be checked.
int plan_exit_code(const PlanOptions& options,
                   const planner::ReviewedPlan& reviewed,
                   int unchecked) {
    if (options.fail_on) {
        const std::size_t findings =
            planner::findings_from(*options.fail_on, planner::summarize(reviewed).findings).size();
        if (findings > 0) {
            log_error(fmt::format("{} of severity {} or higher (--fail-on)",
                                  planner::counted(findings, "finding"),
                                  planner::name_of(*options.fail_on)));
            return exit_changes;
        }
    }
    if (!options.detailed_exitcode) {
        return unchecked;
    }
    const auto has = [&](auto&& matches) {
        return std::any_of(reviewed.review.verdicts.begin(),
                           reviewed.review.verdicts.end(),
                           [&](const auto& each) { return matches(each.reason); });
    };
    if (has(planner::needs_work) || !reviewed.plan.keys_elsewhere.empty()) {
        return exit_changes;
    }
    const bool is_denied = has([](planner::ActionReason reason) {
        return reason == planner::ActionReason::primary_denied ||
               reason == planner::ActionReason::not_seen;
    });
    return unchecked == exit_done && is_denied ? exit_permission : unchecked;
}

/// Reads the fleet and, unless that is to be done offline, compares it with KMS.
void load_and_survey(const PlanOptions& options, bool is_offline, FleetPipeline& pipeline) {
    try {
        pipeline.load();
        if (!is_offline) {
            pipeline.survey({.contents = options.compares
                                             ? engine::ReadContents::of_keys_and_replicas
                                             : engine::ReadContents::of_all_keys,
                             .counts_keys = options.counts_keys,
                             .outage_wait = OutageWait::briefly});
            pipeline.ask_about_opt_in_regions();
        }
    } catch (CommandError& error) {
        if (error.exit_code() == exit_permission) {
            error.add_line("to plan without AWS calls, use --offline");
        }
        throw;
    }
}

int plan_fleet(const PlanOptions& options) {
    const bool simulate = options.kms.simulation.simulate;
    // Report invalid simulator options before any work.
    static_cast<void>(simulator_settings(options.kms.simulation));
    std::optional<io::OutputTarget> out;
    if (!options.out.empty()) {
        out = check_plan_output(options.out, options.fleet, options.force);
        if (out->is_stdout() && options.output.is_json()) {
            throw UsageError("--out",
                             "the plan and the JSON report cannot share standard output; save the "
                             "plan as a file with --out FILE, or omit --json");
        }
    }
    const bool is_offline = options.offline || simulate;
    FleetPipeline pipeline(options,
                           {.is_offline = is_offline},
                           progress_style(options.progress, options.output.is_json()));
    load_and_survey(options, is_offline, pipeline);
    Fleet& fleet = pipeline.fleet();
    if (simulate && out && !fleet.plan.selections.empty()) {
        throw CommandError(exit_usage,
                           "a plan with example keys cannot be saved: omit --simulate or --out");
    }
    if (fleet.inventory) {
        log_failed_lookups(fleet.plan, *fleet.inventory, options.compares);
    }
    const int unchecked = unchecked_exit_code(options, fleet);
    fleet.inventory.reset();
    pipeline.filter_surveyed();
    const std::optional<CommandError> exceeded =
        exceeded_limit(options.limits, fleet, [](planner::JobIndex) { return true; });
    // Saved before the report is printed, because standard output may be closed.
    if (out && !exceeded) {
        save(options, *out, fleet);
    }
    const bool prints_report = !out || !out->is_stdout();
    if (prints_report) {
        print_plan_report(fleet, fleet.provenance, options.output);
    }
    if (simulate) {
        print_rehearsal(options, fleet.plan, prints_report);
    }
    if (exceeded) {
        throw CommandError(*exceeded);
    }
    return plan_exit_code(options, fleet, unchecked);
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
        options->compares,
        "Compare the policy, tags, description and aliases of existing replicas with the spec");
    drift.excludes(offline);
    Option count = command.flag(
        "--count-keys",
        options->counts_keys,
        "Count all keys in the replica Regions and compare their number with the key quota");
    count.excludes(offline);
    command.flag("--detailed-exitcode",
                 options->detailed_exitcode,
                 "Exit with 2 if any replica is missing, differs, or cannot be created or used");
    add_fail_on_option(command, options->fail_on);
    add_progress_option(command, options->progress);
    add_plan_output_options(command, options->output);
    add_kms_options(command, options->kms);
    add_filter_options(command, options->filter);
    add_only_option(command, options->filter);
    add_creation_limit_options(command, options->limits);
    const Option simulate = add_simulation_options(command, options->kms.simulation);
    drift.excludes(simulate);
    count.excludes(simulate);
    command.on_run([options] { return plan_fleet(*options); });
}

}  // namespace keyferry::cli
