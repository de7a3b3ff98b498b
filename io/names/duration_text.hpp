// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Reads "500ms", "2s", "20m", "3h": a whole number and a unit. One unit only: "1h30m" is "90m".
[[nodiscard]] Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

/// As parse_duration reads it, in the largest unit that says it exactly: "90s", "20m".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

/// For people: "< 0.1 s", "0.4 s", "12 s", "4 min 10 s", "1 h 23 min", "3 d 4 h". `seconds` >= 0.
[[nodiscard]] std::string long_duration_text(double seconds);

}  // namespace keyferry::io
