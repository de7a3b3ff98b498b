// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/plan_file.hpp"
#include "tools/keyferry/options/plan_output.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <memory>
#include <string>

namespace keyferry::cli {

namespace {

struct ShowOptions {
    std::string plan;
    PlanOutputOptions output;
};

constexpr const char* kShowFooter = R"(Examples:
  keyferry show fleet.plan
      The report that `keyferry plan --out fleet.plan` printed, from the file alone.
  keyferry show fleet.plan --json | jq .actions
  grep '"absent"' fleet.plan | jq -r .key
      A saved plan is JSON Lines: a line for each key.

Exit code: 0; 3 when the file is no plan, was changed or cut short.)";

int show(const ShowOptions& options) {
    const std::optional<planner::SavedPlan> saved = read_plan_file(options.plan);
    if (!saved) {
        return exit_usage;
    }
    print_plan_report(saved->plan, saved->review, options.output);
    return exit_done;
}

}  // namespace

void add_show_command(Command& parent) {
    auto options = std::make_shared<ShowOptions>();
    Command command = parent.command("show", "Report on a saved plan");
    command.footer(kShowFooter);
    command.argument("PLAN", options->plan, "What `keyferry plan --out` has saved");
    add_plan_output_options(command, options->output);
    command.on_run([options] { return show(*options); });
}

}  // namespace keyferry::cli
