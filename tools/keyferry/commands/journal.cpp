// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/commands/journal_commands.hpp"

namespace keyferry::cli {

namespace {

constexpr const char* kJournalFooter = R"(Examples:
  keyferry journal verify fleet.journal
  keyferry journal compact fleet.journal
  keyferry journal --help; keyferry journal verify --help

A journal is JSON Lines: grep, jq and tail -f read it as it is. Where it stands in a run's life is
told by `keyferry status`.)";

}  // namespace

void add_journal_command(Command& parent) {
    Command command =
        parent.command("journal", "Check, export, compact or salvage the journal of a run");
    command.footer(kJournalFooter);
    add_journal_verify_command(command);
    add_journal_compact_command(command);
    add_journal_salvage_command(command);
    add_journal_export_command(command);
}

}  // namespace keyferry::cli
