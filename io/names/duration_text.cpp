// SPDX-License-Identifier: Apache-2.0
#include "io/names/duration_text.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace keyferry::io {

namespace {

struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
};

constexpr std::array kUnits{
    Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000}, Unit{"ms", 1}};
constexpr std::int64_t kCountMax = 1'000'000'000;  // multiplied by an hour, still far from overflow

}  // namespace

Parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit_name = text.substr(static_cast<std::size_t>(end - text.data()));
    if (failure == std::errc() && count >= 0 && count <= kCountMax) {
        for (const Unit& unit : kUnits) {
            if (unit.name == unit_name) {
                return std::chrono::milliseconds(count * unit.milliseconds);
            }
        }
    }
    return ParseProblem{
        fmt::format("{} is not a duration: expected a whole number and one of the units ms, s, m, "
                    "h, for example \"500ms\" or \"20m\"",
                    in_quotes(text))};
}

std::string duration_text(std::chrono::milliseconds duration) {
    const std::int64_t milliseconds = duration.count();
    for (const Unit& unit : kUnits) {
        if (milliseconds != 0 && milliseconds % unit.milliseconds == 0) {
            return fmt::format("{}{}", milliseconds / unit.milliseconds, unit.name);
        }
    }
    return "0s";
}

std::string long_duration_text(double seconds) {
    if (seconds > 0 && seconds < 0.05) {
        return "< 0.1 s";
    }
    if (seconds < 9.95) {
        return fmt::format("{:.1f} s", seconds);
    }
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 60) {
        return fmt::format("{} s", whole);
    }
    if (whole < 3600) {
        return fmt::format("{} min {} s", whole / 60, whole % 60);
    }
    const auto minutes = static_cast<std::int64_t>(std::llround(seconds / 60));
    if (minutes < 48 * 60) {
        return fmt::format("{} h {} min", minutes / 60, minutes % 60);
    }
    const std::int64_t hours = (minutes + 30) / 60;
    return fmt::format("{} d {} h", hours / 24, hours % 24);
}

}  // namespace keyferry::io
