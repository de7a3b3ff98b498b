// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/run_pace.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace keyferry::cli {

namespace {

using Seconds = std::chrono::duration<double>;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kWindow{30};
constexpr milliseconds kSampleSpacing{500};

/// A rate is available once at least kEndsMin jobs have ended in at least kMeasuringMin, or after
/// the whole window.
constexpr std::uint64_t kEndsMin = 5;
constexpr seconds kMeasuringMin{5};

/// Delay from the end of the first job to the start of the rate measurement. KMS creates the
/// replicas of a Region concurrently and at different speeds, so the first ones become ready at a
/// lower rate.
constexpr seconds kRampUp{5};

/// A run has stalled if no job has ended for kSilentEnds times the mean time between two ends,
/// limited to the range from kSilenceMin to kSilenceMax.
constexpr double kSilentEnds = 10;
constexpr Seconds kSilenceMin{10};
constexpr Seconds kSilenceMax{kWindow};

/// The time constant for smoothing the predicted end (after it, a new prediction has 63 % of the
/// weight), as a fraction of the time left. It is limited to the range from kSmoothingMin to
/// kSmoothingMax, and to the time for which the rate has been measured.
constexpr double kSmoothedPart = 0.15;
constexpr Seconds kSmoothingMin{5};
constexpr Seconds kSmoothingMax{180};

/// Moves `value` towards `target`.
double smoothed(double value, double target, Seconds passed, Seconds smoothing) {
    return value + (target - value) * (1 - std::exp(-(passed / smoothing)));
}

std::uint64_t calls_before(const std::vector<planner::QuotaCalls>& earlier,
                           const planner::QuotaCalls& quota) {
    const auto found = std::find_if(earlier.begin(), earlier.end(), [&](const auto& each) {
        return each.place == quota.place && each.api == quota.api;
    });
    return found == earlier.end() ? 0 : found->calls;
}

/// Removes the items that are not needed for the window before `now`. The last item before the
/// window is kept.
template <typename Item>
void forget_old(std::deque<Item>& items, io::Moment now) {
    while (items.size() > 1 && items[1].at <= now - kWindow) {
        items.pop_front();
    }
}

}  // namespace

RunPace::RunPace(io::Moment start, std::uint64_t ended_before)
    : start_(start),
      throttles_{Throttles{start, {}}},
      ended_(ended_before),
      last_end_at_(start),
      last_answer_at_(start),
      predicted_at_(start) {}

Pace RunPace::update(io::Moment now, const engine::Progress& progress) {
    note_movement(now, progress);
    sample(now, progress);
    Pace pace;
    pace.elapsed = now - start_;
    pace.rate_per_s = measured_rate(now);
    is_still_ = is_still_ || !is_moving(now);
    find_most_throttled(pace, now, progress);
    if (progress.jobs == ended_) {
        pace.left = Seconds(0);
    } else if (!is_parked_ && !is_still_) {
        predict(now, progress, pace);
        if (end_s_) {
            pace.left = Seconds(std::max(0.0, *end_s_ - seconds_at(now)));
        }
    } else {
        end_s_.reset();
        rate_.reset();
    }
    return pace;
}

void RunPace::note_movement(io::Moment now, const engine::Progress& progress) {
    const auto calls = static_cast<std::int64_t>(progress.calls);
    const std::int64_t answered = calls - static_cast<std::int64_t>(progress.throttled) -
                                  static_cast<std::int64_t>(progress.in_flight);
    if (answered > answered_) {
        answered_ = answered;
        last_answer_at_ = now;
    }
    const bool was_parked = std::exchange(is_parked_, progress.parked > 0);
    if (was_parked && !is_parked_) {
        samples_.clear();
        measured_from_ = io::Moment::max();
        last_answer_at_ = now;
    }
    const std::uint64_t ended = progress.ended.jobs();
    if (ended == ended_) {
        return;
    }
    if (is_still_) {
        samples_.clear();
    }
    if (is_still_ || measured_from_ == io::Moment::max()) {
        measured_from_ = now + kRampUp;
    }
    is_still_ = false;
    ended_ = ended;
    last_end_at_ = now;
}

void RunPace::sample(io::Moment now, const engine::Progress& progress) {
    if (samples_.empty() || now - samples_.back().at >= kSampleSpacing) {
        samples_.push_back(
            Sample{now, ended_, seconds_at(now) + Seconds(progress.drain_time).count()});
    }
    forget_old(samples_, now);
}

std::optional<double> RunPace::measured_rate(io::Moment now) const {
    if (now - std::max(last_end_at_, start_) >= kWindow) {
        return 0;
    }
    const auto first = std::find_if(samples_.begin(), samples_.end(), [this](const Sample& each) {
        return each.at >= measured_from_;
    });
    if (first == samples_.end()) {
        return std::nullopt;
    }
    const Seconds time = now - first->at;
    const std::uint64_t ends = ended_ - first->ended;
    const bool suffices = (ends >= kEndsMin && time >= kMeasuringMin) || time >= kWindow;
    return suffices ? std::optional(static_cast<double>(ends) / time.count()) : std::nullopt;
}

bool RunPace::is_moving(io::Moment now) const {
    if (measured_from_ == io::Moment::max()) {  // no job has ended yet
        return now - last_answer_at_ <= kSilenceMax;
    }
    const Seconds time = now - samples_.front().at;
    const std::uint64_t ends = ended_ - samples_.front().ended;
    const Seconds silence_max = ends == 0 ? kSilenceMax : time * kSilentEnds / ends;
    return now - last_end_at_ <= std::clamp(silence_max, kSilenceMin, kSilenceMax);
}

/// Sets end_s_, or resets it if the end cannot be predicted.
void RunPace::predict(io::Moment now, const engine::Progress& progress, const Pace& pace) {
    const double now_s = seconds_at(now);
    const Seconds passed = now - std::exchange(predicted_at_, now);
    const Seconds left(end_s_ ? *end_s_ - now_s : 0);
    const Seconds measured =
        std::clamp<Seconds>(now - std::min(measured_from_, now), kSmoothingMin, kSmoothingMax);
    const Seconds smoothing = std::clamp(left * kSmoothedPart, kSmoothingMin, measured);
    double end_s = drained_s();
    if (!pace.rate_per_s && pace.throttled) {
        end_s_.reset();  // the quotas alone do not show how long throttled calls take
        return;
    }
    if (pace.rate_per_s.value_or(0) > 0) {
        if (!rate_) {
            end_s_.reset();  // the first prediction with a rate replaces those without
        }
        rate_ = smoothed(rate_.value_or(*pace.rate_per_s), *pace.rate_per_s, passed, smoothing);
        end_s = std::max(end_s, now_s + static_cast<double>(progress.jobs - ended_) / *rate_);
    }
    if (end_s <= now_s) {
        end_s_.reset();
        return;
    }
    // After a stall, the quotas recover within seconds, and so does the estimate.
    const bool has_recovered = Seconds(end_s - now_s) < left / 2;
    end_s_ =
        smoothed(end_s_.value_or(end_s), end_s, passed, has_recovered ? kSmoothingMin : smoothing);
}

/// Returns the earliest value of the last 30 seconds, because throttling can temporarily multiply
/// the drain time.
double RunPace::drained_s() const {
    return std::min_element(samples_.begin(),
                            samples_.end(),
                            [](const Sample& one, const Sample& other) {
                                return one.drained_s < other.drained_s;
                            })
        ->drained_s;
}

void RunPace::find_most_throttled(Pace& pace, io::Moment now, const engine::Progress& progress) {
    if (now - throttles_.back().at >= kSampleSpacing) {
        throttles_.push_back(Throttles{now, progress.throttles});
    }
    forget_old(throttles_, now);
    for (const planner::QuotaCalls& quota : progress.throttles) {
        planner::QuotaCalls recent = quota;
        recent.calls -= calls_before(throttles_.front().by_quota, quota);
        if (recent.calls == 0) {
            continue;
        }
        ++pace.quotas_throttled;
        if (!pace.throttled || recent.calls > pace.throttled->calls) {
            pace.throttled = recent;
        }
    }
}

double RunPace::seconds_at(io::Moment moment) const {
    return Seconds(moment - start_).count();
}

}  // namespace keyferry::cli
