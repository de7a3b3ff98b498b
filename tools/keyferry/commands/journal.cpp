// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/commands/journal_commands.hpp"

namespace keyferry::cli {

namespace {

constexpr const char* kJournalFooter = R"(Examples:
  keyferry journal verify fleet.journal
  keyferry journal compact fleet.journal
  keyferry journal verify --help

A journal is a JSON Lines file: grep, jq and tail -f can read it directly. `keyferry status`
reports the progress of the run.)";

}  // namespace

void add_journal_command(Command& parent) {
    Command command = parent.command("journal", "Check, compact, export or salvage a journal");
    command.footer(kJournalFooter);
    add_journal_verify_command(command);
    add_journal_compact_command(command);
    add_journal_salvage_command(command);
    add_journal_export_command(command);
}

}  // namespace keyferry::cli
