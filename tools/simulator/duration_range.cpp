#include "tools/simulator/duration_range.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace keyferry {

namespace {

struct Unit {
    std::string_view name;
    double seconds;
};

constexpr std::array kUnits{Unit{"ms", 0.001}, Unit{"s", 1.0}, Unit{"m", 60.0}, Unit{"h", 3600.0}};

ParseProblem no_duration(std::string_view text) {
    return ParseProblem{fmt::format(
        "\"{}\" is no duration; expected a number and a unit, such as 250ms, 2s, 10m or 1h", text)};
}

}  // namespace

Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (error != std::errc{} || number < 0 || !std::isfinite(number)) {
        return no_duration(text);
    }
    const std::string_view unit_name(rest, static_cast<std::size_t>(end - rest));
    if (unit_name.empty() && number == 0) {
        return std::chrono::nanoseconds{0};
    }
    for (const Unit& unit : kUnits) {
        if (unit.name != unit_name) {
            continue;
        }
        const std::chrono::duration<double> seconds{number * unit.seconds};
        if (seconds > kSimulatorDurationMax) {
            return ParseProblem{fmt::format("\"{}\" is longer than the 24h allowed", text)};
        }
        return std::chrono::round<std::chrono::nanoseconds>(seconds);
    }
    return no_duration(text);
}

Parsed<DurationRange> parse_duration_range(std::string_view text) {
    const std::size_t dots = text.find("..");
    const auto min = parse_duration(text.substr(0, dots));
    if (!min) {
        return min.error();
    }
    if (dots == std::string_view::npos) {
        return DurationRange{*min, *min};
    }
    const auto max = parse_duration(text.substr(dots + 2));
    if (!max) {
        return max.error();
    }
    if (*max < *min) {
        return ParseProblem{
            fmt::format("\"{}\" begins later than it ends; expected MIN..MAX", text)};
    }
    return DurationRange{*min, *max};
}

}  // namespace keyferry
