// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Checks whether a run that calls KMS as described by `ours` may resume from the journal `name`,
/// whose runs called KMS as described by `theirs`. Endpoints and callers must match wherever both
/// are known, because replicas that exist in an emulator or were visible to another caller might
/// not exist for this run. Returns nullopt if the run may resume; otherwise a problem
/// (other_access) that describes the differences.
[[nodiscard]] std::optional<JournalProblem> check_access(const JournalAccess& ours,
                                                         const JournalAccess& theirs,
                                                         const std::string& name);

/// Returns nullopt if the journal `name`, whose header is `theirs`, belongs to a run; otherwise a
/// problem (other_verb) whose text ends with `advice`.
[[nodiscard]] std::optional<JournalProblem> check_is_of_run(const JournalHeader& theirs,
                                                            const std::string& name,
                                                            std::string_view advice);

/// Describes how the endpoints of `ours` and `theirs` differ. Returns nullopt if they do not differ
/// or if one of them is unknown.
[[nodiscard]] std::optional<std::string> endpoint_difference(const JournalAccess& ours,
                                                             const JournalAccess& theirs);

/// Checks whether a run with the header `ours` may resume from the journal `name`, whose header is
/// `theirs`. Returns nullopt if it may; otherwise a problem whose text describes the differences
/// (other_plan) or states that this program cannot write the journal's version (newer_version).
/// Also calls check_is_of_run and check_access, and returns the problems that they find.
[[nodiscard]] std::optional<JournalProblem> check_binding(const JournalHeader& ours,
                                                          const JournalHeader& theirs,
                                                          const std::string& name);

}  // namespace keyferry::engine
