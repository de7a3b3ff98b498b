// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/progress.hpp"
#include "io/clock/moment.hpp"
#include "planner/plan/quota.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace keyferry::cli {

/// How fast a run has recently progressed, and how long it will probably take.
struct Pace {
    std::chrono::duration<double> elapsed{0};  ///< since this process started the run
    /// Jobs that ended per second in the last 30 seconds; nullopt if too few have ended so far.
    std::optional<double> rate_per_s;
    /// Estimated time left. Nullopt if it is unknown: while a scope is parked, while no job ends,
    /// and while calls are throttled and no rate has been measured.
    std::optional<std::chrono::duration<double>> left;
    /// The quota that was throttled most often in the last 30 seconds, and how often.
    std::optional<planner::QuotaCalls> throttled;
    std::size_t quotas_throttled = 0;  ///< number of quotas that were throttled in that time
};

/// Derives the pace of a run from its state at successive times.
///
/// The time left is the longer of two times. The first is the time that the queued calls need at
/// the current rates (Progress::drain_time). It is known from the start and reflects that one
/// Region may have more work than the others. The second is the number of remaining jobs divided by
/// the recent rate, which includes retries and the wait for replicas that KMS is creating. Both are
/// converted to the time at which the run will end, which stays the same while the run progresses
/// evenly. This end time is then smoothed, because throttling changes the rates from one second to
/// the next.
///
/// After a pause, for example because a Region was parked, the rate is measured again.
class RunPace {
  public:
    /// `ended_before` is the number of jobs that ended before `start`.
    RunPace(io::Moment start, std::uint64_t ended_before);

    /// Processes the state of the run at `now`, which must not be earlier than in the previous
    /// call.
    Pace update(io::Moment now, const engine::Progress& progress);

  private:
    struct Sample {
        io::Moment at;
        std::uint64_t ended;
        double drained_s;  ///< when the queued calls will have been sent, in seconds after start_
    };
    struct Throttles {
        io::Moment at;
        std::vector<planner::QuotaCalls> by_quota;
    };

    void note_movement(io::Moment now, const engine::Progress& progress);
    void sample(io::Moment now, const engine::Progress& progress);
    [[nodiscard]] std::optional<double> measured_rate(io::Moment now) const;
    [[nodiscard]] bool is_moving(io::Moment now) const;
    void predict(io::Moment now, const engine::Progress& progress, const Pace& pace);
    [[nodiscard]] double drained_s() const;
    void find_most_throttled(Pace& pace, io::Moment now, const engine::Progress& progress);
    [[nodiscard]] double seconds_at(io::Moment moment) const;

    io::Moment start_;
    std::deque<Sample> samples_;       ///< of the last 30 seconds, oldest first
    std::deque<Throttles> throttles_;  ///< of the last 30 seconds, oldest first
    std::uint64_t ended_;
    io::Moment last_end_at_;     ///< when a job last ended
    std::int64_t answered_ = 0;  ///< responses that were not throttles
    io::Moment last_answer_at_;  ///< when the last such response arrived
    bool is_parked_ = false;
    bool is_still_ = false;  ///< no job has ended for some time
    /// Start of the rate measurement; max() until the first job ends after start_ or after a scope
    /// was parked.
    io::Moment measured_from_ = io::Moment::max();
    std::optional<double> rate_;   ///< jobs per second, smoothed
    std::optional<double> end_s_;  ///< when the run will end, smoothed, in seconds after start_
    io::Moment predicted_at_;
};

}  // namespace keyferry::cli
