// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

// Parses and compares the values of condition operators that are not text.

namespace keyferry::simulator {

[[nodiscard]] std::optional<double> number_in(std::string_view text);

/// Seconds since the Unix epoch. `text` is a date in the W3C profile of ISO 8601 ("2027",
/// "2027-01-15", "2027-01-15T08:00:00.5Z", "2027-01-15T09:00+01:00") or Unix time. Four digits are
/// read as a year. Returns nullopt for other texts.
[[nodiscard]] std::optional<double> date_in(std::string_view text);

/// Whether `address` equals `range` or, if `range` is in CIDR notation, lies within it. Supports
/// IPv4 and IPv6. Returns false if either text is invalid or if their IP versions differ.
[[nodiscard]] bool is_in_ip_range(std::string_view address, std::string_view range);

}  // namespace keyferry::simulator
