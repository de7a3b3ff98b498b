#include "engine/forecast/forecast_run.hpp"

#include "engine/lanes/call_lanes.hpp"
#include "engine/job/poll_delay.hpp"
#include "engine/lanes/plan_backlog.hpp"
#include "engine/scheduling/scheduler.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cassert>
#include <deque>
#include <optional>

namespace keyferry {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// A job between its ReplicateKey's answer and the look that finds its replica ready.
struct CreatingJob {
    Moment ready_at;  ///< at KMS
    int looks = 0;
};

class ForecastRun {
  public:
    ForecastRun(const Plan& plan, const ForecastAssumptions& assumptions, bool looks_queue)
        : plan_(plan),
          assumptions_(assumptions),
          looks_queue_(looks_queue),
          until_seen_(creation_looks(plan.settings.wait, assumptions).until_seen),
          scheduler_(scheduler_settings(plan)),
          lanes_(plan, scheduler_, now_),
          backlog_(plan, lanes_, [](JobIndex) { return true; }) {
        times_.regions.resize(plan.regions.size());
        backlog_.add_to(scheduler_);
    }

    ForecastTimes run() {
        while (true) {
            while (const std::optional<StartedCall> started = scheduler_.start_next(now_)) {
                start(*started);
            }
            const std::optional<Moment> wake = scheduler_.wake_at();
            if (answers_.empty() && !wake) {
                return std::move(times_);
            }
            const Moment answer_at =
                answers_.empty() ? Moment::max() : answers_.front().at + assumptions_.round_trip;
            now_ = std::max(now_, std::min(answer_at, wake.value_or(Moment::max())));
            while (!answers_.empty() && answers_.front().at + assumptions_.round_trip <= now_) {
                const StartedCall started = answers_.front();
                answers_.pop_front();
                answer(started);
            }
        }
    }

  private:
    void start(const StartedCall& started) {
        if (lanes_.call_in(started.lane) == JobCall::replicate) {
            ForecastTimes::OfRegion& region = times_.regions[region_of(started)];
            region.first_start = std::min(region.first_start, started.at);
        }
        answers_.push_back(
            started);  // all take equally long, so the first to leave is answered first
    }

    /// No call is throttled, so no rate is ever cut, and the scheduler need not hear of answers
    /// more than that they have come.
    void answer(const StartedCall& started) {
        scheduler_.finished(started, now_);
        if (lanes_.call_in(started.lane) == JobCall::describe_replica) {
            look_again(started);
            return;
        }
        times_.last_answer = now_;
        if (!looks_queue_) {
            ready(started, now_ + until_seen_);
            return;
        }
        const CreatingJob job{started.at + assumptions_.round_trip / 2 + assumptions_.creating};
        creating_.emplace(started.call.id, job);
        look_later(started.call.id);
    }

    void look_again(const StartedCall& look) {
        const auto job = creating_.find(look.call.id);
        if (look.at + assumptions_.round_trip / 2 >= job->second.ready_at) {
            creating_.erase(job);
            ready(look, now_);
        } else {
            look_later(look.call.id);
        }
    }

    void look_later(JobIndex job) {
        const LaneIndex lane = lanes_.lane_of(JobCall::describe_replica, plan_.jobs[job]);
        const milliseconds delay = look_delay(creating_.at(job).looks++, plan_.settings.wait);
        scheduler_.enqueue(lane, waiting_call(plan_, job), now_, now_ + delay);
    }

    void ready(const StartedCall& call, Moment at) {
        ForecastTimes::OfRegion& region = times_.regions[region_of(call)];
        region.last_ready = std::max(region.last_ready, at);
        times_.last_ready = std::max(times_.last_ready, at);
    }

    std::uint32_t region_of(const StartedCall& call) const {
        return plan_.jobs[call.call.id].region;
    }

    static SchedulerSettings scheduler_settings(const Plan& plan) {
        SchedulerSettings settings;
        settings.in_flight_max = plan.settings.limits.in_flight_max;
        return settings;
    }

    const Plan& plan_;
    const ForecastAssumptions& assumptions_;
    const bool looks_queue_;
    const nanoseconds until_seen_;
    Moment now_{};
    Scheduler scheduler_;
    CallLanes lanes_;
    PlanBacklog backlog_;
    std::deque<StartedCall> answers_;  ///< calls in flight
    boost::unordered_flat_map<JobIndex, CreatingJob> creating_;
    ForecastTimes times_;
};

}  // namespace

CreationLooks creation_looks(const WaitSettings& wait, const ForecastAssumptions& assumptions) {
    CreationLooks looks;
    if (!wait.until_ready) {
        return looks;
    }
    assert(assumptions.round_trip.count() > 0);
    // Creating begins half a round trip before the answer, when the call is at KMS.
    const nanoseconds way = nanoseconds(assumptions.round_trip) / 2;
    bool is_seen = false;
    while (!is_seen) {
        const nanoseconds leaves = looks.until_seen + look_delay(looks.looks, wait);
        is_seen = leaves + 2 * way >= assumptions.creating;
        looks.until_seen = leaves + assumptions.round_trip;
        ++looks.looks;
    }
    return looks;
}

ForecastTimes forecast_run(const Plan& plan,
                           const ForecastAssumptions& assumptions,
                           bool looks_queue) {
    return ForecastRun(plan, assumptions, looks_queue).run();
}

}  // namespace keyferry
