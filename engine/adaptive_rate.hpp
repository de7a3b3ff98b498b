#pragma once

#include "io/clock/moment.hpp"

namespace keyferry {

/// The rate of one bucket: at its cap, until KMS throttles. Then cut to 0.7 of what it was, at most
/// once for all the calls that were in flight together, and grown back by 5 % of the cap a second.
/// Production uses the same quotas, so a throttle means that less is free than was configured.
class AdaptiveRate {
  public:
    explicit AdaptiveRate(double cap_per_s);

    /// A call sent at `sent_at` was throttled. Calls sent before the last cut tell nothing new.
    void throttled(Moment sent_at, Moment now);

    double value_per_s(Moment now) const;

  private:
    double cap_per_s_;
    double after_cut_per_s_;
    Moment cut_at_{};
    bool was_cut_ = false;
};

}  // namespace keyferry
