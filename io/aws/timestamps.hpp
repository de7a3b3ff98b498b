// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Formats the X-Amz-Date header: "20150830T123600Z" (UTC). The year must be between 0 and 9999.
[[nodiscard]] std::string amz_date(std::chrono::sys_seconds time);

/// Formats the date for credential scopes: "20150830".
[[nodiscard]] std::string amz_day(std::chrono::sys_seconds time);

/// The inverse of amz_date(). Accepts only this exact format.
[[nodiscard]] Parsed<std::chrono::sys_seconds> parse_amz_date(std::string_view text);

/// Parses the format in which AWS tools write expiration times, for example "2026-11-23T12:36:00Z"
/// or "2026-11-23T12:36:00.123+01:00". Fractions of a second are ignored. A time without a time
/// zone is interpreted as UTC.
[[nodiscard]] Parsed<std::chrono::sys_seconds> parse_iso_8601(std::string_view text);

}  // namespace keyferry::io
