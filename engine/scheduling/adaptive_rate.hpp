// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <chrono>

namespace keyferry::engine {

/// How fast one bucket runs, as a part of its cap: all of it until KMS throttles. Then cut to 0.7
/// of what it was, at most once for all the calls that were in flight together, and held there. It
/// grows back by 5 % of the cap a second, from the first answer on that was no throttle: as long as
/// everything is throttled, the rate sinks to its floor and stays there. Production uses the same
/// quotas, so a throttle means that less is free than was configured.
///
/// For a bucket, a lower rate is a clock that runs slower: at 0.4 of the cap, a second brings as
/// much as 0.4 seconds at the cap do. This class is that clock. It is exact to a few nanoseconds
/// where it runs slower, always late and never early, and exact where it runs at the cap.
class AdaptiveRate {
  public:
    /// `floor`: never slower than this part of the cap; in (0, 1].
    explicit AdaptiveRate(double floor);

    /// A call sent at `sent_at` was throttled. Calls sent before the last cut tell nothing new.
    void throttled(io::Moment sent_at, io::Moment now);

    /// A call sent at `sent_at` got an answer that was no throttle. Calls sent before the last cut
    /// tell nothing of the rate since.
    void answered(io::Moment sent_at, io::Moment now);

    /// In (0, 1].
    [[nodiscard]] double part_of_cap(io::Moment now) const;

    /// What the slower clock shows at `now`.
    [[nodiscard]] std::chrono::nanoseconds clock_at(io::Moment now) const {
        return now >= at_cap_from_ ? now.time_since_epoch() - lag_ : slow_clock_at(now);
    }

    /// When the slower clock shows `clock`, should nothing be throttled or answered before. Its
    /// value for a given `clock` does not depend on when it is asked for.
    [[nodiscard]] io::Moment when_clock_is(std::chrono::nanoseconds clock) const {
        return clock >= at_cap_from_clock_ ? io::Moment(clock + lag_) : slow_when_clock_is(clock);
    }

  private:
    [[nodiscard]] std::chrono::nanoseconds slow_clock_at(io::Moment now) const;
    [[nodiscard]] io::Moment slow_when_clock_is(std::chrono::nanoseconds clock) const;

    double floor_;
    io::Moment cut_at_ = io::Moment::min();  ///< the last cut

    // At the cap from `at_cap_from_` on (`at_cap_from_clock_` on the slower clock), by `lag_`
    // behind. Before that, from `slow_from_` on: `slow_part_` of the cap, growing or not.
    io::Moment at_cap_from_ = io::Moment::min();
    std::chrono::nanoseconds at_cap_from_clock_ = std::chrono::nanoseconds::min();
    std::chrono::nanoseconds lag_{0};
    io::Moment slow_from_{};
    std::chrono::nanoseconds slow_from_clock_{0};
    double slow_part_ = 1;
    double growth_per_s_ = 0;
};

}  // namespace keyferry::engine
