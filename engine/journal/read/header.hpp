// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "planner/plan/plan.hpp"

#include <string>
#include <string_view>

namespace keyferry::engine {

/// Returns the header that binds a journal to `plan`. `tool` is, for example, "keyferry 0.1.0".
[[nodiscard]] JournalHeader journal_header(const planner::Plan& plan,
                                           std::string tool,
                                           bool simulated);

/// Returns the part of a caller's ARN that is the same in every run. For an assumed role, this is
/// the ARN without the session name.
[[nodiscard]] std::string principal_of(std::string_view caller_arn);

/// Returns the `run` record of this process with its pid, host and boot ID. `caller` is the ARN of
/// the identity that calls KMS, or empty; `filter`: see JournalRun.
[[nodiscard]] JournalRun run_of_this_process(std::string version,
                                             std::string caller,
                                             std::string filter = {});

}  // namespace keyferry::engine
