// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <chrono>

namespace keyferry::engine {

/// The current rate of a bucket, as a fraction of the bucket's cap. The fraction is 1 until KMS
/// throttles a call. Each throttled call cuts the rate to 0.8 of its current value, but calls that
/// were in flight at the same time cause only one cut. The rate then stays constant until the first
/// call that is not throttled. From then on, each response to such a call raises the rate by 10 %
/// of the cap for every second since the previous one. While all calls are throttled, the rate
/// falls to its floor and stays there. Rates are adapted because production traffic uses the same
/// quotas, so less of a quota may be available than configured.
///
/// For a bucket, a lower rate has the same effect as a slower clock: at 0.4 of the cap, one second
/// yields as many tokens as 0.4 seconds at the cap. This class models that clock. At a reduced
/// rate, the clock is never fast, and it is slow by at most a few nanoseconds plus one nanosecond
/// for each change of the rate. At the cap, it is exact. Raising the rate between responses as well
/// did not improve the results (bench/RESULTS.md).
class AdaptiveRate {
  public:
    /// `floor` is the minimum fraction of the cap, in (0, 1].
    explicit AdaptiveRate(double floor);

    /// Records that a call sent at `sent_at` was throttled. Ignores calls that were sent before the
    /// last cut.
    void throttled(io::Moment sent_at, io::Moment now);

    /// Records that a call sent at `sent_at` received a response and was not throttled. Ignores
    /// calls that were sent before the last cut, since they were not sent at the current rate.
    void answered(io::Moment sent_at, io::Moment now);

    /// The current fraction, in (0, 1].
    [[nodiscard]] double part_of_cap() const noexcept { return part_; }

    /// The time that the slower clock shows at `now`.
    [[nodiscard]] std::chrono::nanoseconds clock_at(io::Moment now) const;

    /// When the slower clock will show `clock`, unless a response changes the rate before then.
    /// Until the rate changes, the result is the same no matter when this function is called.
    [[nodiscard]] io::Moment when_clock_is(std::chrono::nanoseconds clock) const;

  private:
    void set_part(double part, io::Moment now);

    double floor_;
    io::Moment cut_at_ = io::Moment::min();  ///< time of the last cut
    bool is_growing_ = false;                ///< whether a call sent after the last cut was not
                                             ///< throttled

    // Since `from_` (`from_clock_` on the slower clock), the rate has been `part_` of the cap.
    double part_ = 1;
    io::Moment from_{};
    std::chrono::nanoseconds from_clock_{0};
};

}  // namespace keyferry::engine
