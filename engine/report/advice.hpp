// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <string_view>

namespace keyferry::engine {

/// Returns what the user can do about jobs in `phase` because of `code` (the KMS error code, or
/// empty): one or two sentences, never empty.
[[nodiscard]] std::string_view advice_on(JobPhase phase, std::string_view code);

}  // namespace keyferry::engine
