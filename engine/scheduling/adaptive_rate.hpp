// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <chrono>

namespace keyferry::engine {

/// The current rate of one bucket, as a fraction of its cap: 1 until KMS throttles. A throttle cuts
/// the rate to 0.8 of its current value, at most once for all calls that were in flight together.
/// It then stays constant until the first response that is not a throttle. From there, each further
/// one raises it by 10 % of the cap for every second since the one before: as long as everything is
/// throttled, the rate falls to its floor and stays there. Production traffic uses the same quotas,
/// so a throttle means that less is available than configured.
///
/// For a bucket, a lower rate is a clock that runs slower: at 0.4 of the cap, one second yields as
/// much as 0.4 seconds at the cap. This class is that clock. At a reduced rate it is never
/// early, and late by at most a few nanoseconds plus one for each change of the rate; at the cap it
/// loses nothing. A rate that grows between responses too is no better (bench/RESULTS.md).
class AdaptiveRate {
  public:
    /// `floor`: the minimum fraction of the cap; in (0, 1].
    explicit AdaptiveRate(double floor);

    /// A call sent at `sent_at` was throttled. Calls sent before the last cut are ignored.
    void throttled(io::Moment sent_at, io::Moment now);

    /// A call sent at `sent_at` received a response other than a throttle. Calls sent before the
    /// last cut say nothing about the current rate.
    void answered(io::Moment sent_at, io::Moment now);

    /// The current fraction; in (0, 1].
    [[nodiscard]] double part_of_cap() const noexcept { return part_; }

    /// The time of the slower clock at `now`.
    [[nodiscard]] std::chrono::nanoseconds clock_at(io::Moment now) const;

    /// When the slower clock will show `clock`, unless a throttle or a response changes the rate
    /// before. The result for a given `clock` does not depend on when this is called.
    [[nodiscard]] io::Moment when_clock_is(std::chrono::nanoseconds clock) const;

  private:
    void set_part(double part, io::Moment now);

    double floor_;
    io::Moment cut_at_ = io::Moment::min();  ///< time of the last cut
    bool is_growing_ = false;                ///< a response has followed the last cut

    // From `from_` on (`from_clock_` on the slower clock), the rate is `part_` of the cap.
    double part_ = 1;
    io::Moment from_{};
    std::chrono::nanoseconds from_clock_{0};
};

}  // namespace keyferry::engine
