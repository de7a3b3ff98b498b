// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/terminal/report_output.hpp"

#include <memory>
#include <string>

namespace keyferry::cli {

namespace {

struct StatusOptions {
    std::string journal;
    bool json = false;
};

constexpr const char* kStatusFooter = R"(Examples:
  keyferry status fleet.journal
      Show the progress of a run, and which jobs are stuck and why. The run may be active, finished
      or killed.
  keyferry status fleet.journal --json | jq .counts
  grep '"ev":"failed"' fleet.journal | jq .
      A journal is a JSON Lines file, so other tools can read its records directly.

For the journal of a sync or an undo, shows which changes were made. Takes no lock and modifies
nothing.

Exit codes: 0 all replicas exist, or all changes are made; 4 some jobs failed, the others are done;
5 jobs remain for the active run or a rerun; 6 access was denied for every job that failed, or the
credentials of the last run were refused; 74 the file cannot be read or is not a journal.)";

}  // namespace

void add_status_command(Command& parent) {
    auto options = std::make_shared<StatusOptions>();
    Command command = parent.command("status", "Show the progress of a run from its journal");
    command.footer(kStatusFooter);
    command.argument("JOURNAL", options->journal, "Journal of a run, sync or undo");
    command.flag("--json", options->json, "Print one JSON object");
    command.on_run([options] { return print_run_report(options->journal, options->json); });
}

}  // namespace keyferry::cli
