// SPDX-License-Identifier: Apache-2.0
#include "io/aws/clock_skew.hpp"

#include "io/aws/timestamps.hpp"

#include <cstddef>

namespace keyferry::io {

bool ClockSkew::refused(std::chrono::sys_seconds signed_at,
                        std::chrono::sys_seconds server_time,
                        std::chrono::sys_seconds local_time) noexcept {
    if (std::chrono::abs(server_time - signed_at) < kSkewMin) {
        return false;
    }
    correction_ = server_time - local_time;
    return true;
}

std::optional<std::chrono::sys_seconds> server_time_in(std::string_view message) {
    constexpr std::size_t kDateBytes = 16;  // 20261127T130000Z
    const std::size_t open = message.rfind('(');
    if (open == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = message.substr(open + 1);
    const std::string_view after = rest.size() > kDateBytes ? rest.substr(kDateBytes) : "";
    if (!after.starts_with(" - ") && !after.starts_with(" + ")) {
        return std::nullopt;
    }
    const auto time = parse_amz_date(rest.substr(0, kDateBytes));
    return time ? std::optional(*time) : std::nullopt;
}

}  // namespace keyferry::io
