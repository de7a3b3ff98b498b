// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace keyferry::io {

/// The form of the X-Amz-Date header: "20150830T123600Z" (UTC). For the years 0 to 9999.
[[nodiscard]] std::string amz_date(std::chrono::sys_seconds time);

/// Its first eight characters, as in credential scopes: "20150830".
[[nodiscard]] std::string amz_day(std::chrono::sys_seconds time);

/// The reverse of amz_date, strictly.
[[nodiscard]] Parsed<std::chrono::sys_seconds> parse_amz_date(std::string_view text);

/// The form in which AWS tools write when credentials expire, for example "2026-11-23T12:36:00Z",
/// "2026-11-23T12:36:00.123+01:00". A fraction is dropped; without a zone the time is UTC.
[[nodiscard]] Parsed<std::chrono::sys_seconds> parse_iso_8601(std::string_view text);

}  // namespace keyferry::io
