// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"

#include <optional>
#include <string>

namespace keyferry::engine {

/// Whether a run with the header `ours` may go on with the journal `name` whose header is `theirs`:
/// nothing if it may, else a problem that names what differs (other_plan), or that the journal is
/// of a version that this program does not write (newer_version).
[[nodiscard]] std::optional<JournalProblem> check_binding(const JournalHeader& ours,
                                                          const JournalHeader& theirs,
                                                          const std::string& name);

}  // namespace keyferry::engine
