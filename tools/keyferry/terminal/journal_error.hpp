// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_code_of.hpp"

namespace keyferry::cli {

/// Ends a command that cannot use its journal.
[[nodiscard]] inline CommandError journal_error(const engine::JournalProblem& problem) {
    return {exit_code_of(problem.kind), problem.text};
}

}  // namespace keyferry::cli
