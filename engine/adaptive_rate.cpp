#include "engine/adaptive_rate.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

namespace keyferry {

namespace {

constexpr double kCutFactor = 0.7;
constexpr double kGrowthPerSecond = 0.05;
/// Never slower than this part of the cap: a bucket at a standstill could not find out that the
/// storm is over.
constexpr double kFloorFactor = 0.05;

}  // namespace

AdaptiveRate::AdaptiveRate(double cap_per_s) : cap_per_s_(cap_per_s), after_cut_per_s_(cap_per_s) {
    assert(cap_per_s > 0);
}

void AdaptiveRate::throttled(Moment sent_at, Moment now) {
    assert(sent_at <= now);
    if (was_cut_ && sent_at <= cut_at_) {
        return;
    }
    after_cut_per_s_ = std::max(value_per_s(now) * kCutFactor, cap_per_s_ * kFloorFactor);
    cut_at_ = now;
    was_cut_ = true;
}

double AdaptiveRate::value_per_s(Moment now) const {
    if (!was_cut_) {
        return cap_per_s_;
    }
    const double since_cut_s = std::chrono::duration<double>(now - cut_at_).count();
    return std::min(cap_per_s_, after_cut_per_s_ + cap_per_s_ * kGrowthPerSecond * since_cut_s);
}

}  // namespace keyferry
