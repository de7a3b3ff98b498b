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
      Print the report of `keyferry plan --out fleet.plan` again, from the file alone.
  keyferry show fleet.plan --json | jq .actions
  grep '"absent"' fleet.plan | jq -r .key
      A saved plan is a JSON Lines file with one line per key.

Exit codes: 0 done; 3 the file is not a plan, was modified or is truncated.)";

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
    Command command = parent.command("show", "Print the report of a saved plan");
    command.footer(kShowFooter);
    command.argument("PLAN", options->plan, "Plan saved by `keyferry plan --out`");
    add_plan_output_options(command, options->output);
    command.on_run([options] { return show(*options); });
}

}  // namespace keyferry::cli
