// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

// The values that condition operators compare other than as text.

namespace keyferry::simulator {

[[nodiscard]] std::optional<double> number_in(std::string_view text);

/// Seconds since the Unix epoch. `text` is a date of W3C's profile of ISO 8601 ("2027",
/// "2027-01-15", "2027-01-15T08:00:00.5Z", "2027-01-15T09:00+01:00") or Unix time. Four digits are
/// a year. Returns nullopt for other texts.
[[nodiscard]] std::optional<double> date_in(std::string_view text);

/// Whether `address` is `range`, or in it if that is a range in CIDR notation. IPv4 and IPv6; false
/// if one of them is invalid or if they are of different versions.
[[nodiscard]] bool is_in_ip_range(std::string_view address, std::string_view range);

}  // namespace keyferry::simulator
