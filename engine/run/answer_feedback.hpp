// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/call_feedback.hpp"
#include "engine/job/job_steps.hpp"
#include "engine/lanes/call_lanes.hpp"
#include "engine/retry/breaker.hpp"
#include "engine/retry/retry_budget.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "planner/plan/plan.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// A gate was parked, opened or given up.
struct GateNews {
    GateKind kind;
    io::AccountRegion place;                   ///< of the endpoint, or of the replicas
    std::optional<io::Region> primary_region;  ///< of the keys; only for permission
    Breaker::State state;
    FailureClass reason;                    ///< why it was parked
    std::uint64_t refusals;                 ///< in a row
    std::string said;                       ///< KMS's code and message
    std::chrono::milliseconds probe_in{0};  ///< parked: until the next probe
};

/// Passes what answers say on to where it counts: throttles to the rates of the buckets, refusals
/// to the breakers of the gates, retries to the budgets. Pure.
class AnswerFeedback {
  public:
    using Tell = std::function<void(const GateNews&)>;

    /// `lanes` and `scheduler` must outlive this.
    AnswerFeedback(const CallLanes& lanes, Scheduler& scheduler, const planner::WaitSettings& wait);

    /// Sets the callback that is called whenever a gate is parked, reopened or given up.
    void on_news(Tell tell) { tell_ = std::move(tell); }

    /// A call was answered, or was not. True when the retry budget of its bucket is used up: the
    /// retry then has to wait until all others have had their turn.
    bool heard(const StartedCall& started, const CallFeedback& answer, io::Moment now);

    /// Whether the caller may make the replicas of `lane`, a lane of ReplicateKey, as far as known.
    [[nodiscard]] Breaker::State permission_state(LaneIndex lane) const;

    /// When a call of `lane`, a lane of ReplicateKey, was let through last.
    [[nodiscard]] std::optional<io::Moment> let_through_at(LaneIndex lane) const;

    /// Why calls of `lane` are not sent any more: the gate that was given up, with what KMS said
    /// last. Requires that there is one.
    [[nodiscard]] GateNews abandoned(LaneIndex lane) const;

    /// The job of this call is over without an answer to it.
    void forget(std::uint32_t call_id);

  private:
    struct Watched {
        Breaker breaker;
        std::string said;
        std::optional<io::Moment> let_through_at;
    };
    /// What a job's retry has cost, to be given back when it succeeds.
    struct Spent {
        BucketIndex bucket;
        int tokens;
    };

    [[nodiscard]] bool is_unreachable(std::uint32_t gate) const;
    void hear_of_gates(const StartedCall& started, const CallFeedback& answer, io::Moment now);
    void refused(std::uint32_t gate,
                 const StartedCall& started,
                 const CallFeedback& answer,
                 io::Moment now);
    void record_success(std::uint32_t gate, const StartedCall& started, io::Moment now);
    void news(std::uint32_t gate, io::Moment now) const;
    [[nodiscard]] GateNews news_of(std::uint32_t gate, io::Moment now) const;
    bool spend(const StartedCall& started, BucketIndex bucket, int tokens);
    void give_back(const StartedCall& started);
    RetryBudget& budget(BucketIndex bucket);

    const CallLanes& lanes_;
    Scheduler& scheduler_;
    std::vector<Watched> gates_;                             ///< as CallLanes::gates()
    std::vector<RetryBudget> budgets_;                       ///< by bucket
    boost::unordered_flat_map<std::uint32_t, Spent> spent_;  ///< by id of the call
    Tell tell_;
};

}  // namespace keyferry::engine
