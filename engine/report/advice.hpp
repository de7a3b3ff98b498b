// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"

#include <string_view>

namespace keyferry::engine {

/// What a person can do about jobs that stand in `phase` because of `code` (KMS's wire code, or
/// empty): one or two sentences. Never empty.
[[nodiscard]] std::string_view advice_on(JobPhase phase, std::string_view code);

}  // namespace keyferry::engine
