// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <chrono>
#include <string_view>

namespace keyferry::simulator {

/// The longest duration that the simulator's options take.
inline constexpr std::chrono::hours kSimulatorDurationMax{24};

/// A span from which a duration is drawn; both ends belong to it and min <= max.
struct DurationRange {
    std::chrono::nanoseconds min{0};
    std::chrono::nanoseconds max{0};

    friend bool operator==(const DurationRange&, const DurationRange&) = default;
};

/// "MIN..MAX", for example "2s..6s", or one duration for both ends; at most kSimulatorDurationMax.
[[nodiscard]] io::Parsed<DurationRange> parse_duration_range(std::string_view text);

}  // namespace keyferry::simulator
