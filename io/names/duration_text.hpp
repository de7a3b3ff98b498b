// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Parses a duration such as "500ms", "2s", "20m" or "3h": a whole number and a unit. Units cannot
/// be combined: write "90m" instead of "1h30m".
[[nodiscard]] Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Formats a duration so that parse_duration() can parse it, in the largest unit that represents it
/// exactly: "90s", "20m".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

/// Formats a duration for people: "< 0.1 s", "0.4 s", "12 s", "4 min 10 s", "1 h 23 min", "3 d 4
/// h". `seconds` >= 0.
[[nodiscard]] std::string long_duration_text(double seconds);

}  // namespace keyferry::io
