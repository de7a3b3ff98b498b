// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/parsed.hpp"
#include "tools/simulator/values/simulated_time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// A change to the simulated time: a jump, a new rate, or both (the jump is applied first).
struct TimeChange {
    std::chrono::milliseconds advance{0};  ///< 0 to kTimeAdvanceMax
    std::optional<double> rate;            ///< 0 to kTimeRateMax; 0 stops time
};

/// Maximum length of one jump: ten years.
inline constexpr std::chrono::hours kTimeAdvanceMax{24 * 3653};
/// Maximum rate: a day per second.
inline constexpr double kTimeRateMax = 86'400;
/// The end of the simulated time. Later deletion dates would not fit into the simulator's records.
inline constexpr io::WallTime kSimulatedTimeMax = std::chrono::sys_days{std::chrono::year_month_day{
    std::chrono::year{2095}, std::chrono::January, std::chrono::day{1}}};

/// Parses "48h", "rate=3600", or both, separated by a comma.
[[nodiscard]] io::Parsed<TimeChange> parse_time_change(std::string_view text);

/// The relation between the simulated and the machine's wall time.
struct TimeSetting {
    io::WallTime machine;  ///< the machine's time at the last change
    io::WallTime wall;     ///< the simulated time at that moment
    double rate = 1;       ///< the rate at which it has advanced since then

    friend bool operator==(const TimeSetting&, const TimeSetting&) = default;
};

/// The simulated time. It can jump ahead and advance faster than the machine's clock, so that tests
/// can cover days in seconds. It goes back only if the machine's wall clock is set back. Until the
/// first change, it is the same as the time of the machine's clock.
class TimeControl {
  public:
    /// `machine` must outlive this.
    explicit TimeControl(io::Clock& machine);

    [[nodiscard]] SimulatedTime now() const;

    void change(const TimeChange& change);

    /// The last change; nullopt until the first one.
    [[nodiscard]] const std::optional<TimeSetting>& setting() const noexcept { return setting_; }

    /// The present relation, which is equivalent to setting().
    [[nodiscard]] TimeSetting current() const;

    /// Continues after a pause that began at `saved`, when the process ended. During the pause,
    /// time passed as on the machine's clock, but not faster than at the saved rate: a rate above 1
    /// applies only while a process runs, and a stopped time remains stopped.
    void restore(const TimeSetting& saved);

    /// The clock that is not affected by changes, for connection timeouts.
    [[nodiscard]] io::Clock& machine() const noexcept { return machine_; }

  private:
    io::Clock& machine_;
    std::optional<TimeSetting> setting_;
    io::Moment machine_since_;  ///< monotonic time of the last change
    io::Moment since_;
};

/// Returns {"time":"2026-11-27T12:00:00Z","time_ms":1795780800000,"rate":1} and a newline.
[[nodiscard]] std::string time_json(const SimulatedTime& time);

}  // namespace keyferry::simulator
