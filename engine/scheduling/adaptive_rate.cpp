// SPDX-License-Identifier: Apache-2.0
#include "engine/scheduling/adaptive_rate.hpp"

#include "engine/scheduling/token_bucket.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace keyferry::engine {

namespace {

using std::chrono::nanoseconds;

constexpr double kCutFactor = 0.8;
constexpr double kGrowthPerSecond = 0.10;

nanoseconds rounded_down(double seconds) {
    return nanoseconds(static_cast<nanoseconds::rep>(std::floor(seconds * kNanosecondsPerSecond)));
}

/// One nanosecond rounds up, and the other one compensates for floating-point errors.
nanoseconds rounded_up(double seconds) {
    return rounded_down(seconds) + nanoseconds(2);
}

double in_seconds(nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

AdaptiveRate::AdaptiveRate(double floor) : floor_(floor) {
    assert(floor > 0 && floor <= 1);
}

void AdaptiveRate::throttled(io::Moment sent_at, io::Moment now) {
    assert(sent_at <= now);
    if (sent_at <= cut_at_) {
        return;
    }
    set_part(std::max(part_ * kCutFactor, floor_), now);
    is_growing_ = false;
    cut_at_ = now;
}

void AdaptiveRate::answered(io::Moment sent_at, io::Moment now) {
    assert(sent_at <= now);
    if (part_ >= 1 || sent_at <= cut_at_) {
        return;
    }
    const double grown = is_growing_ ? kGrowthPerSecond * in_seconds(now - from_) : 0;
    set_part(std::min(part_ + grown, 1.0), now);
    is_growing_ = true;
}

void AdaptiveRate::set_part(double part, io::Moment now) {
    from_clock_ = clock_at(now);
    from_ = now;
    part_ = part;
}

nanoseconds AdaptiveRate::clock_at(io::Moment now) const {
    const nanoseconds passed = now - from_;
    return from_clock_ + (part_ < 1 ? rounded_down(part_ * in_seconds(passed)) : passed);
}

io::Moment AdaptiveRate::when_clock_is(nanoseconds clock) const {
    const nanoseconds shown = clock - from_clock_;
    return from_ + (part_ < 1 ? rounded_up(in_seconds(shown) / part_) : shown);
}

}  // namespace keyferry::engine
