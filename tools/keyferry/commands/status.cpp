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
      How far a run has come, what is stuck and why. The run may be going on, over or dead.
  keyferry status fleet.journal --json | jq .counts
  grep '"ev":"failed"' fleet.journal | jq .
      A journal is JSON Lines: every record can be read as it is.

Takes no lock and changes nothing.
Exit code: 0 all replicas are there; 4 some failed, the rest is done; 5 work is left, which a run that
is going on will do, and a rerun otherwise; 74 the file cannot be read or is no journal.)";

}  // namespace

void add_status_command(Command& parent) {
    auto options = std::make_shared<StatusOptions>();
    Command command = parent.command("status", "Report on a run, from its journal");
    command.footer(kStatusFooter);
    command.argument("JOURNAL", options->journal, "The journal of a run");
    command.flag("--json", options->json, "One JSON object on standard output");
    command.on_run([options] { return print_run_report(options->journal, options->json); });
}

}  // namespace keyferry::cli
