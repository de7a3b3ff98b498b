#pragma once

#include "engine/journal/read/problem.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

namespace keyferry {

/// How a command ends that cannot use its journal.
inline int journal_exit_code(JournalProblem::Kind kind) noexcept {
    return kind == JournalProblem::Kind::other_plan ? exit_usage : exit_journal;
}

}  // namespace keyferry
