// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <fmt/format.h>

#include <string>

namespace keyferry::soak {

/// "1:02:03.004"
inline std::string clock_text(io::Moment moment) {
    const auto all_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch()).count();
    return fmt::format("{}:{:02}:{:02}.{:03}",
                       all_ms / 3'600'000,
                       all_ms / 60'000 % 60,
                       all_ms / 1000 % 60,
                       all_ms % 1000);
}

}  // namespace keyferry::soak
