// SPDX-License-Identifier: Apache-2.0
#include "planner/saved/spec_match.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/options/plan_output.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <memory>
#include <string>

namespace keyferry::cli {

namespace {

struct ShowOptions {
    std::string plan;
    PlanOutputOptions output;
    PlanChecks checks;
};

constexpr const char* kShowFooter = R"(Examples:
  keyferry show fleet.plan
      Print the report of `keyferry plan --out fleet.plan` again, after comparing the plan with its
      spec. Values that came from KMS cannot be compared; they are listed on standard error.
  keyferry show fleet.plan --json | jq .actions
  grep '"absent"' fleet.plan | jq -r .key
      A saved plan is a JSON Lines file with one line per key.

The checksum in the file is not a signature: it detects accidental changes, not forgeries. The
contents of the plan are compared with its spec. To run exactly the plan that was reviewed, use
'keyferry run --expect-sha256'.

Exit codes: 0 done; 2 the saved plan is out of date, or its spec is missing; 3 the file is not a
plan, was modified or is truncated.)";

int show(const ShowOptions& options) {
    planner::SavedPlan saved = read_plan_input(options.plan);
    check_spec_of(saved, plan_name(options.plan), options.checks);
    for (const std::string& value : planner::values_from_kms(saved)) {
        log_message("taken from KMS and not verified: " + value);
    }
    log_message("stated only by the plan and not verified: when and by whom it was created");
    print_plan_report(saved, saved.provenance, options.output);
    return exit_done;
}

}  // namespace

void add_show_command(Command& parent) {
    auto options = std::make_shared<ShowOptions>();
    Command command = parent.command("show", "Print the report of a saved plan");
    command.footer(kShowFooter);
    command.argument(
        "PLAN", options->plan, "Plan saved by `keyferry plan --out`; - reads standard input");
    add_plan_output_options(command, options->output);
    add_without_spec_option(command, options->checks);
    command.on_run([options] { return show(*options); });
}

}  // namespace keyferry::cli
