// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/lanes/lane_table.hpp"
#include "engine/retry/call_feedback.hpp"
#include "engine/retry/circuit_breaker.hpp"
#include "engine/retry/retry_budget.hpp"
#include "engine/scheduling/scheduler.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// Reports that a failure scope (see PlacedScope) was parked, resumed or abandoned. While a scope
/// is parked, only occasional probes are sent to it. Once it is abandoned, nothing more is sent to
/// it.
struct ScopeNews {
    FailureScope scope;
    io::AccountRegion place;  ///< location of the scope; see PlacedScope
    std::optional<io::Region>
        primary_region;  ///< the primary Region of the keys; only for FailureScope::pair
    CircuitBreaker::State state;
    FailureClass reason;     ///< why the scope was parked
    std::uint64_t failures;  ///< number of consecutive failures
    std::string code;        ///< error code of the last failure, from KMS or the transport
    std::string message;
    std::chrono::milliseconds probe_in{0};  ///< if parked: time until the next probe
    /// If parked: time until the scope is abandoned, unless a call succeeds before then.
    std::chrono::milliseconds abandoned_in{0};
};

/// The code and message of the last failure; the message alone if there is no code.
[[nodiscard]] std::string last_failure_text(const ScopeNews& news);

/// "a failure" or "3 failures in a row".
[[nodiscard]] std::string failures_text(const ScopeNews& news);

/// Applies the outcome of each call to everything except the call's own job: throttles reduce the
/// rates of the buckets, failures are counted by the circuit breakers of the affected scopes (see
/// effect_on), and retries use up the retry budgets. Pure.
class FlowControl {
  public:
    using OnNews = std::function<void(const ScopeNews&)>;

    /// `lanes` and `scheduler` must outlive this. See CircuitBreaker for the limits.
    FlowControl(const LaneTable& lanes,
                Scheduler& scheduler,
                std::chrono::milliseconds park_max,
                std::chrono::milliseconds throttled_max);

    /// Sets the callback that is called whenever a scope is parked, resumed or abandoned.
    void on_news(OnNews on_news) { on_news_ = std::move(on_news); }

    /// Records the outcome of a call. Returns true if the call is to be retried but the retry
    /// budget of its bucket is used up. The retry must then wait behind all other calls.
    bool record(const StartedCall& call, const CallFeedback& feedback, io::Moment now);

    /// Reports that, according to a read, a call of `lane` took effect although its response was
    /// lost. The pair of Regions therefore works, although some requests may exceed their
    /// deadlines. Has no effect if the call was sent before the pair was parked.
    void record_late_effect(LaneIndex lane, io::Moment sent_at, io::Moment now);

    /// Reports that credentials for the calls of `lane` have been obtained.
    void record_credentials(LaneIndex lane, io::Moment now);

    /// Returns the abandoned scope that prevents calls of `lane` from being sent. Requires that
    /// such a scope exists.
    [[nodiscard]] ScopeNews abandoned_scope(LaneIndex lane, io::Moment now) const;

    /// The scopes that are parked now.
    [[nodiscard]] std::vector<ScopeNews> parked_scopes(io::Moment now) const;

    /// True if the account of `lane` and every other account in the lane table is abandoned.
    [[nodiscard]] bool are_all_accounts_abandoned(LaneIndex lane) const;

    /// Discards what is stored about a call whose job has ended before the call had an outcome.
    void forget(std::uint32_t call_id) { spent_.erase(call_id); }

  private:
    struct ScopeState {
        explicit ScopeState(const CircuitBreaker& breaker_) : breaker(breaker_) {}
        CircuitBreaker breaker;
        std::string code;
        std::string message;
    };
    /// The budget spent on a job's retry; refunded if the retry succeeds.
    struct Spent {
        BucketIndex bucket;
        int tokens;
    };

    void update_scope(ScopeIndex index,
                      bool is_narrowest,
                      const StartedCall& started,
                      const CallFeedback& feedback,
                      io::Moment now);
    void record_success(ScopeIndex index, io::Moment now);
    void apply(ScopeIndex index,
               CircuitBreaker::State before,
               const ScopeNews& old,
               io::Moment now);
    [[nodiscard]] ScopeNews news_of(ScopeIndex index, io::Moment now) const;
    [[nodiscard]] bool is_abandoned(ScopeIndex index) const;
    bool spend(const StartedCall& started, BucketIndex bucket, int tokens);
    void refund(const StartedCall& started);
    RetryBudget& budget(BucketIndex bucket);

    const LaneTable& lanes_;
    Scheduler& scheduler_;
    CircuitBreaker new_breaker_;
    std::vector<ScopeState> scopes_;                         ///< indexed like LaneTable::scopes()
    std::vector<RetryBudget> budgets_;                       ///< indexed by bucket
    boost::unordered_flat_map<std::uint32_t, Spent> spent_;  ///< by call ID
    OnNews on_news_;
};

}  // namespace keyferry::engine
