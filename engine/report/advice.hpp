// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <string_view>

namespace keyferry::engine {

/// Returns advice for the user on jobs that are in `phase` because of `code` (the KMS error code,
/// or empty). The advice has one or two sentences and is never empty.
[[nodiscard]] std::string_view advice_on(JobPhase phase, std::string_view code);

}  // namespace keyferry::engine
