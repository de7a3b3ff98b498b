// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/finding.hpp"
#include "tools/keyferry/command_line/command_line.hpp"

#include <optional>

namespace keyferry::cli {

/// --fail-on: the lowest severity of findings for which a command exits with exit_changes.
using FailOn = std::optional<planner::FindingSeverity>;

void add_fail_on_option(Command command, FailOn& fail_on);

}  // namespace keyferry::cli
