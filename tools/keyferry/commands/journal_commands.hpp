// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/commands/commands.hpp"

namespace keyferry::cli {

// The subcommands of `keyferry journal`, added to it as those of commands.hpp are to the program.
void add_journal_verify_command(CLI::App& app, CommandBody& body);
void add_journal_compact_command(CLI::App& app, CommandBody& body);
void add_journal_export_command(CLI::App& app, CommandBody& body);
void add_journal_salvage_command(CLI::App& app, CommandBody& body);

}  // namespace keyferry::cli
