// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <chrono>

namespace keyferry::engine {

/// The current rate of one bucket as a fraction of its cap, 1 until KMS throttles. Production
/// traffic uses the same quotas, so a throttle means that less is available than configured. A
/// throttle cuts the rate to 0.8 of its current value, at most once for all calls that were in
/// flight together. The rate then stays constant until the first response that is not a throttle,
/// and grows from there by 10 % of the cap per second. As long as every call is throttled, it falls
/// to its floor and stays there.
///
/// A bucket with a lower rate behaves like one whose clock runs slower: at 0.4 of the cap, one
/// second yields as much as 0.4 seconds at the cap. This class is that clock. It is exact at the
/// cap. At a reduced rate it is accurate to a few nanoseconds, always late and never early.
class AdaptiveRate {
  public:
    /// `floor`: the minimum fraction of the cap; in (0, 1].
    explicit AdaptiveRate(double floor);

    /// A call sent at `sent_at` was throttled. Calls sent before the last cut are ignored.
    void throttled(io::Moment sent_at, io::Moment now);

    /// A call sent at `sent_at` received a response other than a throttle. Calls sent before the
    /// last cut say nothing about the current rate.
    void answered(io::Moment sent_at, io::Moment now);

    /// In (0, 1].
    [[nodiscard]] double part_of_cap(io::Moment now) const;

    /// The time of the slower clock at `now`.
    [[nodiscard]] std::chrono::nanoseconds clock_at(io::Moment now) const {
        return now >= at_cap_from_ ? now.time_since_epoch() - lag_ : slow_clock_at(now);
    }

    /// When the slower clock will show `clock`, unless a throttle or a response changes the rate
    /// before. The result for a given `clock` does not depend on when this is called.
    [[nodiscard]] io::Moment when_clock_is(std::chrono::nanoseconds clock) const {
        return clock >= at_cap_from_clock_ ? io::Moment(clock + lag_) : slow_when_clock_is(clock);
    }

  private:
    [[nodiscard]] std::chrono::nanoseconds slow_clock_at(io::Moment now) const;
    [[nodiscard]] io::Moment slow_when_clock_is(std::chrono::nanoseconds clock) const;

    double floor_;
    io::Moment cut_at_ = io::Moment::min();  ///< time of the last cut

    // At the cap from `at_cap_from_` on (`at_cap_from_clock_` on the slower clock), behind by
    // `lag_`. Before that, from `slow_from_` on: at `slow_part_` of the cap, constant or growing.
    io::Moment at_cap_from_ = io::Moment::min();
    std::chrono::nanoseconds at_cap_from_clock_ = std::chrono::nanoseconds::min();
    std::chrono::nanoseconds lag_{0};
    io::Moment slow_from_{};
    std::chrono::nanoseconds slow_from_clock_{0};
    double slow_part_ = 1;
    double growth_per_s_ = 0;
};

}  // namespace keyferry::engine
