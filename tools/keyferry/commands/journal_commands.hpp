// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/command_line/command_line.hpp"

namespace keyferry::cli {

// The subcommands of `keyferry journal`, added to it as those of commands.hpp are to the program.
void add_journal_verify_command(Command& parent);
void add_journal_compact_command(Command& parent);
void add_journal_export_command(Command& parent);
void add_journal_salvage_command(Command& parent);

}  // namespace keyferry::cli
