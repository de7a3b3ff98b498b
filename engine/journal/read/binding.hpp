// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Checks whether a run that calls KMS as in `ours` may resume from the journal `name` of runs that
/// called it as in `theirs`. Endpoint and callers must be the same, as far as both are known: what
/// an emulator or another caller reports about replicas says nothing about this run's replicas.
/// Returns nullopt if the run may resume; otherwise a problem (other_access) that names the
/// differences.
[[nodiscard]] std::optional<JournalProblem> check_access(const JournalAccess& ours,
                                                         const JournalAccess& theirs,
                                                         const std::string& name);

/// Returns a problem (other_verb) that ends in `advice` unless the journal `name` with the header
/// `theirs` is of a run.
[[nodiscard]] std::optional<JournalProblem> check_is_of_run(const JournalHeader& theirs,
                                                            const std::string& name,
                                                            std::string_view advice);

/// Says how the endpoints of `ours` and `theirs` differ; nullopt if they do not, or if one of them
/// is unknown.
[[nodiscard]] std::optional<std::string> endpoint_difference(const JournalAccess& ours,
                                                             const JournalAccess& theirs);

/// Checks whether a run with the header `ours` may resume from the journal `name` with the header
/// `theirs`. Returns nullopt if it may; otherwise a problem that names the differences (other_plan)
/// or says that this program cannot write the journal's version (newer_version). Includes
/// check_is_of_run and check_access.
[[nodiscard]] std::optional<JournalProblem> check_binding(const JournalHeader& ours,
                                                          const JournalHeader& theirs,
                                                          const std::string& name);

}  // namespace keyferry::engine
