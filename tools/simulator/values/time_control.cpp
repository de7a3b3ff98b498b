// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/values/time_control.hpp"

#include "io/names/duration_text.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kRate = "rate=";

std::optional<double> parse_rate(std::string_view text) {
    double rate = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, rate, std::chars_format::fixed);
    const bool is_valid = error == std::errc{} && rest == end && rate >= 0 && rate <= kTimeRateMax;
    return is_valid ? std::optional(rate) : std::nullopt;
}

/// Converts `elapsed`, a duration of the machine's clock, to simulated time. The result is at most
/// `max`.
template <typename Duration>
Duration scaled(Duration elapsed, double rate, Duration max) {
    if (rate == 1) {
        return std::min(elapsed, max);
    }
    const double ticks = static_cast<double>(elapsed.count()) * rate;
    return ticks < static_cast<double>(max.count())
               ? Duration(static_cast<typename Duration::rep>(ticks))
               : max;
}

}  // namespace

io::Parsed<TimeChange> parse_time_change(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    TimeChange change;
    bool has_advance = false;
    while (true) {
        const std::size_t comma = text.find(',');
        std::string_view item = text.substr(0, comma);
        item.remove_prefix(std::min(item.find_first_not_of(kSpace), item.size()));
        item = item.substr(0, item.find_last_not_of(kSpace) + 1);
        if (item.starts_with(kRate) && !change.rate) {
            change.rate = parse_rate(item.substr(kRate.size()));
            if (!change.rate) {
                return io::ParseProblem{
                    fmt::format("\"{}\": the rate must be from 0 to {}", item, kTimeRateMax)};
            }
        } else if (const auto by = io::parse_duration(item); by && !has_advance) {
            if (*by > kTimeAdvanceMax) {
                return io::ParseProblem{
                    fmt::format("\"{}\" is longer than {}h", item, kTimeAdvanceMax.count())};
            }
            change.advance = *by;
            has_advance = true;
        } else {
            return io::ParseProblem{fmt::format(
                "\"{}\": expected a duration to advance by, such as 48h, rate=N, or both separated "
                "by a comma",
                item)};
        }
        if (comma == std::string_view::npos) {
            return change;
        }
        text.remove_prefix(comma + 1);
    }
}

TimeControl::TimeControl(io::Clock& machine) : machine_(machine) {}

SimulatedTime TimeControl::now() const {
    if (!setting_) {
        return SimulatedTime{machine_.now(), machine_.wall_now()};
    }
    // If the machine's wall clock is set back, the simulated time must not go back further.
    const auto machine_elapsed =
        std::max(machine_.wall_now() - setting_->machine, io::WallTime::duration::zero());
    const auto rest = std::max(kSimulatedTimeMax - setting_->wall, io::WallTime::duration::zero());
    const auto elapsed = scaled(machine_elapsed, setting_->rate, rest);
    const io::Moment now =
        since_ +
        scaled(machine_.now() - machine_since_, setting_->rate, io::Moment::duration(rest));
    return SimulatedTime{now, setting_->wall + elapsed, setting_->rate};
}

void TimeControl::change(const TimeChange& change) {
    const SimulatedTime time = now();
    const auto advance =
        std::clamp(kSimulatedTimeMax - time.wall, std::chrono::milliseconds{0}, change.advance);
    setting_ =
        TimeSetting{machine_.wall_now(), time.wall + advance, change.rate.value_or(time.rate)};
    machine_since_ = machine_.now();
    since_ = time.now + advance;
}

TimeSetting TimeControl::current() const {
    const SimulatedTime time = now();
    return TimeSetting{machine_.wall_now(), time.wall, time.rate};
}

void TimeControl::restore(const TimeSetting& saved) {
    const io::WallTime machine_now = machine_.wall_now();
    const auto stopped_for = std::max(machine_now - saved.machine, io::WallTime::duration::zero());
    const io::WallTime before = std::min(saved.wall, kSimulatedTimeMax);
    const auto passed = scaled(stopped_for, std::min(saved.rate, 1.0), kSimulatedTimeMax - before);
    setting_ = TimeSetting{machine_now, before + passed, saved.rate};
    machine_since_ = machine_.now();
    since_ = machine_since_;
}

std::string time_json(const SimulatedTime& time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time.wall);
    return fmt::format("{{\"time\":\"{:%Y-%m-%dT%H:%M:%S}Z\",\"time_ms\":{},\"rate\":{}}}\n",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       unix_ms(time.wall),
                       time.rate);
}

}  // namespace keyferry::simulator
