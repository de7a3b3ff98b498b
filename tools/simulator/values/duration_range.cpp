// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/duration_range.hpp"

#include "io/names/duration_text.hpp"

#include <fmt/format.h>

#include <chrono>

namespace keyferry::simulator {

io::Parsed<std::chrono::milliseconds> parse_simulator_duration(std::string_view text) {
    auto duration = io::parse_duration(text);
    if (duration && *duration > kSimulatorDurationMax) {
        return io::ParseProblem{
            fmt::format("\"{}\" is longer than {}h", text, kSimulatorDurationMax.count())};
    }
    return duration;
}

io::Parsed<DurationRange> parse_duration_range(std::string_view text) {
    const std::size_t dots = text.find("..");
    const auto min = parse_simulator_duration(text.substr(0, dots));
    if (!min) {
        return min.error();
    }
    if (dots == std::string_view::npos) {
        return DurationRange{*min, *min};
    }
    const auto max = parse_simulator_duration(text.substr(dots + 2));
    if (!max) {
        return max.error();
    }
    if (*max < *min) {
        return io::ParseProblem{
            fmt::format("\"{}\" has a minimum greater than its maximum; expected MIN..MAX", text)};
    }
    return DurationRange{*min, *max};
}

}  // namespace keyferry::simulator
