// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace keyferry::io {

/// Parses a Date header such as "Tue, 24 Nov 2026 03:08:00 GMT" (RFC 9110's IMF-fixdate, the only
/// format that servers have been allowed to send since 1999). Returns nullopt for any other format
/// and for invalid dates.
[[nodiscard]] std::optional<std::chrono::sys_seconds> read_http_date(
    std::string_view text) noexcept;

}  // namespace keyferry::io
