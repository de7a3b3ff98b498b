// SPDX-License-Identifier: Apache-2.0
#include "io/names/terminal_text.hpp"
#include "planner/plan/group_name.hpp"
#include "planner/report/check_report.hpp"
#include "planner/summary/plan_summary.hpp"
#include "planner/summary/replica_check.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_pipeline.hpp"
#include "tools/keyferry/fleet/locate_primaries.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/options/fail_on.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

struct CheckOptions : FleetOptions {
    FailOn fail_on;
    PlanChecks plan_checks;
};

constexpr const char* kCheckFooter = R"(Examples:
  keyferry check fleet.toml
      Check that every replica defined in the spec exists, is in the specified state (Enabled by
      default), and has the specified policy, tags, description and aliases. All calls are
      read-only: DescribeKey, GetKeyPolicy, ListResourceTags and ListAliases; if the spec selects
      keys, also ListKeys.
      'keyferry permissions --drift' prints the required permissions.
  keyferry check fleet.plan
      Check the replicas of a saved plan.
  keyferry check fleet.toml --json | jq -r '.problems[] | select(.status == "unusable") |
      .reason as $reason | .affected[] | $reason + " " + .replica'
      List the replicas that exist but are unusable, and why: disabled, enabled (if the spec sets
      enabled = false), pending import, pending deletion or unavailable.
  keyferry check fleet.toml --fail-on error
      Also exit with 2 if the spec has problems, such as a policy that locks out its account.
  keyferry check fleet.toml --region 'eu-*'
      Check only the replicas in these Regions.

The policy "default" is not compared, because KMS provides its text. Additional tags and aliases of
a replica do not count as differences.

Exit codes: 0 every replica exists, is usable and matches the spec; 2 some do not; with --fail-on,
there are findings of at least that severity; a saved plan is out of date; 3 usage or invalid spec;
5 some replicas could not be checked because KMS did not respond; 6 some could not be checked
because access was denied, or credentials are missing or refused; 130 interrupted.
2 takes precedence over 5 and 6, and 5 over 6.)";

/// Returns the findings that the report does not show as problems.
std::vector<planner::Finding> further_findings(const planner::ReviewedPlan& reviewed,
                                               planner::FindingSeverity least) {
    std::vector<planner::Finding> findings =
        planner::findings_from(least, planner::summarize(reviewed).findings);
    std::erase_if(findings, planner::is_about_replica_states);
    return findings;
}

/// Returns the selected groups without keys. If some keys could not be checked, they may belong to
/// these groups, so the result is empty.
std::vector<std::string> empty_groups(const CheckOptions& options, const Fleet& fleet) {
    const std::vector<std::string>& selected = options.filter.filter.groups;
    std::vector<std::string> groups;
    if (fleet.unchecked_keys.denied + fleet.unchecked_keys.no_response > 0) {
        return groups;
    }
    std::copy_if(fleet.empty_groups.begin(),
                 fleet.empty_groups.end(),
                 std::back_inserter(groups),
                 [&](const std::string& group) {
                     return selected.empty() ||
                            std::any_of(selected.begin(), selected.end(), [&](const auto& name) {
                                return planner::is_group_named(group, name);
                            });
                 });
    return groups;
}

int check_fleet(const CheckOptions& options) {
    FleetPipeline pipeline(options,
                           {.accepts_saved_plan = true, .plan_checks = options.plan_checks},
                           progress_style(options.progress, options.json));
    pipeline.load();
    const Fleet& fleet = pipeline.fleet();
    if (!fleet.unsearched_groups.empty()) {
        throw CommandError(exit_usage,
                           "the plan lacks the keys of some groups, see above; create a new plan");
    }
    pipeline.survey({.contents = engine::ReadContents::of_keys_and_replicas,
                     .outage_wait = OutageWait::briefly});
    pipeline.ask_about_opt_in_regions();
    const std::vector<planner::ReplicaStatus> all =
        planner::check_replicas(fleet, *fleet.inventory);
    const std::vector<planner::JobIndex> jobs = pipeline.filter_surveyed();
    log_moved_primaries(fleet.plan);
    std::vector<planner::ReplicaStatus> statuses;
    statuses.reserve(jobs.size());
    for (const planner::JobIndex job : jobs) {
        statuses.push_back(all[job]);
    }
    planner::ReplicaCheck check = planner::summarize_check(
        fleet, statuses, {fleet.unchecked_keys.denied, fleet.unchecked_keys.no_response});
    check.lacks_accounts = !fleet.review.refused_accounts.empty();
    check.empty_groups = empty_groups(options, fleet);
    std::optional<std::vector<planner::Finding>> findings;
    if (options.fail_on) {
        findings = further_findings(fleet, *options.fail_on);
    }
    const std::vector<planner::Finding>* const shown = findings ? &*findings : nullptr;
    // Names in the spec may contain control characters. JSON already escapes them.
    write_stdout(options.json ? planner::check_report_json(fleet, fleet.provenance, check, shown)
                              : io::terminal_text(planner::check_report_text(fleet, check, shown)));
    return findings && !findings->empty() ? exit_changes : exit_code_of(check.verdict());
}

}  // namespace

void add_check_command(Command& parent) {
    auto options = std::make_shared<CheckOptions>();
    Command command =
        parent.command("check", "Check that every replica exists, is usable and matches the spec");
    command.footer(kCheckFooter);
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file, or a saved plan");
    add_fail_on_option(command, options->fail_on);
    command.flag("--json", options->json, "Print the report as JSON");
    add_progress_option(command, options->progress);
    add_kms_options(command, options->kms);
    add_filter_options(command, options->filter);
    add_without_spec_option(command, options->plan_checks);
    command.on_run([options] {
        require_plan_file(options->plan_checks, options->fleet);
        return check_fleet(*options);
    });
}

}  // namespace keyferry::cli
