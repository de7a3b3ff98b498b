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

/// The additional nanosecond compensates for floating-point rounding.
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
    const nanoseconds clock = clock_at(now);
    slow_part_ = std::max(part_of_cap(now) * kCutFactor, floor_);
    growth_per_s_ = 0;
    slow_from_ = now;
    slow_from_clock_ = clock;
    cut_at_ = now;
    at_cap_from_ = io::Moment::max();
    at_cap_from_clock_ = nanoseconds::max();
}

void AdaptiveRate::answered(io::Moment sent_at, io::Moment now) {
    assert(sent_at <= now);
    const bool at_cap_or_growing = at_cap_from_ != io::Moment::max();
    if (at_cap_or_growing || sent_at <= cut_at_) {
        return;
    }
    slow_from_clock_ = clock_at(now);
    slow_from_ = now;
    growth_per_s_ = kGrowthPerSecond;
    const double growing_s = (1 - slow_part_) / kGrowthPerSecond;
    const nanoseconds growing = rounded_up(growing_s);
    const nanoseconds grown = rounded_down((slow_part_ + 1) / 2 * growing_s);
    at_cap_from_ = now + growing;
    at_cap_from_clock_ = slow_from_clock_ + grown;
    lag_ = at_cap_from_.time_since_epoch() - at_cap_from_clock_;
}

double AdaptiveRate::part_of_cap(io::Moment now) const {
    if (now >= at_cap_from_) {
        return 1;
    }
    return std::min(1.0, slow_part_ + growth_per_s_ * in_seconds(now - slow_from_));
}

nanoseconds AdaptiveRate::slow_clock_at(io::Moment now) const {
    const double slow_s = in_seconds(now - slow_from_);
    return slow_from_clock_ + rounded_down((slow_part_ + growth_per_s_ * slow_s / 2) * slow_s);
}

io::Moment AdaptiveRate::slow_when_clock_is(nanoseconds clock) const {
    const double shown_s = in_seconds(clock - slow_from_clock_);
    if (shown_s <= 0) {
        return slow_from_;
    }
    // Solves slow_part * t + growth * t^2 / 2 = shown for t, in the numerically stable form.
    const double root = std::sqrt(slow_part_ * slow_part_ + 2 * growth_per_s_ * shown_s);
    return slow_from_ + rounded_up(2 * shown_s / (slow_part_ + root));
}

}  // namespace keyferry::engine
