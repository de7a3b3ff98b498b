// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/command_line/command_line.hpp"

namespace keyferry::cli {

/// Adds all commands of the program to `parent`, in the order in which --help lists them.
void add_all_commands(Command& parent);

// Each of these functions adds a command, with its help text and options, to `parent`. Each is
// defined in a separate .cpp file.
void add_validate_command(Command& parent);
void add_schema_command(Command& parent);
void add_plan_command(Command& parent);
void add_show_command(Command& parent);
void add_permissions_command(Command& parent);
void add_run_command(Command& parent);
void add_check_command(Command& parent);
void add_sync_command(Command& parent);
void add_whoami_command(Command& parent);
void add_status_command(Command& parent);
void add_explain_command(Command& parent);
void add_journal_command(Command& parent);
void add_simulate_command(Command& parent);

}  // namespace keyferry::cli
