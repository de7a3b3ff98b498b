// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <chrono>
#include <string_view>

namespace keyferry::simulator {

/// Maximum duration that the simulator's options accept.
inline constexpr std::chrono::hours kSimulatorDurationMax{24};

/// Parses one duration of at most kSimulatorDurationMax.
[[nodiscard]] io::Parsed<std::chrono::milliseconds> parse_simulator_duration(std::string_view text);

/// A range from which durations are drawn. Both ends are inclusive; min <= max.
struct DurationRange {
    std::chrono::nanoseconds min{0};
    std::chrono::nanoseconds max{0};

    friend bool operator==(const DurationRange&, const DurationRange&) = default;
};

/// Parses "MIN..MAX", for example "2s..6s", or a single duration that is used for both ends. The
/// maximum is kSimulatorDurationMax.
[[nodiscard]] io::Parsed<DurationRange> parse_duration_range(std::string_view text);

}  // namespace keyferry::simulator
