// SPDX-License-Identifier: Apache-2.0
#include "engine/forecast/forecast_run.hpp"

#include "engine/job/poll_delay.hpp"
#include "engine/lanes/call_lanes.hpp"
#include "engine/lanes/plan_backlog.hpp"
#include "engine/scheduling/scheduler.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cassert>
#include <deque>
#include <optional>

namespace keyferry::engine {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// A job between its ReplicateKey response and the poll that finds its replica ready.
struct CreatingJob {
    io::Moment ready_at;  ///< when KMS has finished creating the replica
    int polls = 0;
};

class ForecastRun {
  public:
    ForecastRun(const planner::Plan& plan, const ForecastAssumptions& assumptions, bool polls_queue)
        : plan_(plan),
          assumptions_(assumptions),
          polls_queue_(polls_queue),
          until_seen_(creation_polls(plan.settings.wait, assumptions).until_seen),
          scheduler_(scheduler_settings(plan.settings.limits)),
          table_(plan.settings.limits, scheduler_, now_),
          lanes_(plan, table_),
          backlog_(plan, lanes_, [](planner::JobIndex) { return FirstCall{JobCall::replicate}; }) {
        times_.regions.resize(plan.regions.size());
        backlog_.add_to(scheduler_);
    }

    ForecastTimes run() {
        while (true) {
            while (const std::optional<StartedCall> started = scheduler_.start_next(now_)) {
                start(*started);
            }
            const std::optional<io::Moment> wake = scheduler_.wake_at();
            if (answers_.empty() && !wake) {
                return std::move(times_);
            }
            const io::Moment answer_at = answers_.empty()
                                             ? io::Moment::max()
                                             : answers_.front().at + assumptions_.round_trip;
            now_ = std::max(now_, std::min(answer_at, wake.value_or(io::Moment::max())));
            while (!answers_.empty() && answers_.front().at + assumptions_.round_trip <= now_) {
                const StartedCall started = answers_.front();
                answers_.pop_front();
                answer(started);
            }
        }
    }

  private:
    void start(const StartedCall& started) {
        if (job_call(started) == JobCall::replicate) {
            ForecastTimes::OfRegion& region = times_.regions[region_of(started)];
            region.first_start = std::min(region.first_start, started.at);
        }
        answers_.push_back(started);  // all round trips are equal, so responses arrive in order
    }

    /// Calls are never throttled, so rates do not change. The scheduler only needs to know which
    /// calls have ended.
    void answer(const StartedCall& started) {
        scheduler_.finished(started, now_);
        if (job_call(started) == JobCall::describe_replica) {
            poll_again(started);
            return;
        }
        times_.last_answer = now_;
        if (!polls_queue_) {
            ready(started, now_ + until_seen_);
            return;
        }
        const CreatingJob job{started.at + assumptions_.round_trip / 2 + assumptions_.creating};
        creating_.emplace(started.call.id, job);
        poll_later(started.call.id);
    }

    void poll_again(const StartedCall& poll) {
        const auto job = creating_.find(poll.call.id);
        if (poll.at + assumptions_.round_trip / 2 >= job->second.ready_at) {
            creating_.erase(job);
            ready(poll, now_);
        } else {
            poll_later(poll.call.id);
        }
    }

    void poll_later(planner::JobIndex job) {
        const LaneIndex lane = lanes_.lane_of(JobCall::describe_replica, plan_.jobs[job]);
        const milliseconds delay = poll_delay(creating_.at(job).polls++, plan_.settings.wait);
        scheduler_.enqueue(
            lane, waiting_call(plan_, job, JobCall::describe_replica), now_, now_ + delay);
    }

    void ready(const StartedCall& call, io::Moment at) {
        ForecastTimes::OfRegion& region = times_.regions[region_of(call)];
        region.last_ready = std::max(region.last_ready, at);
        times_.last_ready = std::max(times_.last_ready, at);
    }

    std::uint32_t region_of(const StartedCall& call) const {
        return plan_.jobs[call.call.id].region;
    }

    const planner::Plan& plan_;
    const ForecastAssumptions& assumptions_;
    const bool polls_queue_;
    const nanoseconds until_seen_;
    io::Moment now_{};
    Scheduler scheduler_;
    LaneTable table_;
    CallLanes lanes_;
    PlanBacklog backlog_;
    std::deque<StartedCall> answers_;  ///< calls in flight
    boost::unordered_flat_map<planner::JobIndex, CreatingJob> creating_;
    ForecastTimes times_;
};

}  // namespace

CreationPolls creation_polls(const planner::WaitSettings& wait,
                             const ForecastAssumptions& assumptions) {
    CreationPolls polls;
    if (!wait.until_ready) {
        return polls;
    }
    assert(assumptions.round_trip.count() > 0);
    // KMS begins to create the replica half a round trip before the response arrives, when the call
    // reaches KMS.
    const nanoseconds way = nanoseconds(assumptions.round_trip) / 2;
    bool is_seen = false;
    while (!is_seen) {
        const nanoseconds leaves = polls.until_seen + poll_delay(polls.polls, wait);
        is_seen = leaves + 2 * way >= assumptions.creating;
        polls.until_seen = leaves + assumptions.round_trip;
        ++polls.polls;
    }
    return polls;
}

ForecastTimes forecast_run(const planner::Plan& plan,
                           const ForecastAssumptions& assumptions,
                           bool polls_queue) {
    return ForecastRun(plan, assumptions, polls_queue).run();
}

}  // namespace keyferry::engine
