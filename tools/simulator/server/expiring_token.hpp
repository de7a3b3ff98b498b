// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// A bearer token that contains its expiry: `prefix` and seconds since the Unix epoch.
[[nodiscard]] inline std::string expiring_token(std::string_view prefix, io::WallTime expires_at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(expires_at);
    return fmt::format("{}{}", prefix, seconds.time_since_epoch().count());
}

/// Whether `token` was created with this prefix and has not expired.
[[nodiscard]] inline bool is_valid_token(std::string_view token,
                                         std::string_view prefix,
                                         io::WallTime now) {
    if (!token.starts_with(prefix)) {
        return false;
    }
    const std::string_view digits = token.substr(prefix.size());
    const char* const end = digits.data() + digits.size();
    std::int64_t expires_s = 0;
    const auto [rest, error] = std::from_chars(digits.data(), end, expires_s);
    const auto now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    return error == std::errc{} && rest == end && now_s < expires_s;
}

}  // namespace keyferry::simulator
