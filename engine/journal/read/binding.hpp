// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Checks whether a run that calls KMS as described by `ours` may resume from the journal `name`,
/// whose runs called it as described by `theirs`. The endpoints and the callers must be the same,
/// provided that both are known, because replicas in an emulator or visible to another caller prove
/// nothing about this run's replicas. Returns nullopt if the run may resume; otherwise a problem
/// (other_access) that names the differences.
[[nodiscard]] std::optional<JournalProblem> check_access(const JournalAccess& ours,
                                                         const JournalAccess& theirs,
                                                         const std::string& name);

/// Returns nullopt if the journal `name` with the header `theirs` belongs to a run; otherwise a
/// problem (other_verb) whose text ends with `advice`.
[[nodiscard]] std::optional<JournalProblem> check_is_of_run(const JournalHeader& theirs,
                                                            const std::string& name,
                                                            std::string_view advice);

/// Describes how the endpoints of `ours` and `theirs` differ. Returns nullopt if they do not differ
/// or if one of them is unknown.
[[nodiscard]] std::optional<std::string> endpoint_difference(const JournalAccess& ours,
                                                             const JournalAccess& theirs);

/// Checks whether a run with the header `ours` may resume from the journal `name` with the header
/// `theirs`. Returns nullopt if it may; otherwise a problem. Its text names the differences
/// (other_plan) or states that this program cannot write the journal's version (newer_version).
/// Also calls check_is_of_run and check_access, and returns their problems.
[[nodiscard]] std::optional<JournalProblem> check_binding(const JournalHeader& ours,
                                                          const JournalHeader& theirs,
                                                          const std::string& name);

}  // namespace keyferry::engine
