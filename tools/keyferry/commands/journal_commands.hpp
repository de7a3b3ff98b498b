// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/command_line/command_line.hpp"

namespace keyferry::cli {

// Each function adds a subcommand of `keyferry journal` to `parent`.
void add_journal_verify_command(Command& parent);
void add_journal_compact_command(Command& parent);
void add_journal_export_command(Command& parent);
void add_journal_salvage_command(Command& parent);

}  // namespace keyferry::cli
