// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "engine/journal/format/record.hpp"
#include "io/clock/clock.hpp"

namespace keyferry::engine {

/// Returns the `end` record of a sync whose calls ended at `now`. It states why the calls ended and
/// how many were throttled. `is_cut_short` is true if some changes were not attempted.
[[nodiscard]] RunEndEntry end_entry(const RepeatableCalls& calls,
                                    bool is_cut_short,
                                    io::WallTime now);

}  // namespace keyferry::engine
