// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

namespace keyferry::cli {

/// The exit code of a command that cannot use its journal.
[[nodiscard]] inline int journal_exit_code(engine::JournalProblem::Kind kind) noexcept {
    switch (kind) {
        case engine::JournalProblem::Kind::other_plan:
        case engine::JournalProblem::Kind::other_verb:
        case engine::JournalProblem::Kind::other_access:
            return exit_usage;
        case engine::JournalProblem::Kind::held:
            return exit_journal_held;
        default:
            return exit_journal;
    }
}

/// Ends a command that cannot use its journal.
[[nodiscard]] inline CommandError journal_error(const engine::JournalProblem& problem) {
    return {journal_exit_code(problem.kind), problem.text};
}

}  // namespace keyferry::cli
