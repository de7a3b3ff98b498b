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
#include <map>
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
        primary_region;  ///< the keys' primary Region; only for FailureScope::pair
    CircuitBreaker::State state;
    FailureClass reason;     ///< why the scope was parked
    std::uint64_t failures;  ///< number of consecutive failures
    std::string code;        ///< error code of the last failure, from KMS or the transport
    std::string message;
    std::chrono::milliseconds probe_in{0};  ///< if parked: time until the next probe
    /// If parked: time until the scope is abandoned, unless a call succeeds before then.
    std::chrono::milliseconds abandoned_in{0};
};

/// The code and message of the last failure, or only the message if there is no code.
[[nodiscard]] std::string last_failure_text(const ScopeNews& news);

/// "a failure" or "3 failures in a row".
[[nodiscard]] std::string failures_text(const ScopeNews& news);

/// An endpoint that a step of a command has abandoned because it did not work, or because it
/// throttled every call.
struct Outage {
    CircuitBreaker breaker;
    std::string code;  ///< of the last failure, see ScopeNews
    std::string message;
    std::chrono::milliseconds waited{0};  ///< how long the step waits for an endpoint (park_max)
};

/// The endpoints that the earlier steps of a command have abandoned.
using Outages = std::map<io::AccountRegion, Outage>;

/// Applies the outcome of each call to the state that calls share: throttling reduces bucket rates,
/// failures count toward the circuit breakers of the affected scopes (see effect_on), and retries
/// use up retry budgets. Pure: all times are arguments.
class FlowControl {
  public:
    using OnNews = std::function<void(const ScopeNews&)>;

    /// `lanes` and `scheduler` must outlive this object. The limits are explained in
    /// CircuitBreaker.
    FlowControl(const LaneTable& lanes,
                Scheduler& scheduler,
                std::chrono::milliseconds park_max,
                std::chrono::milliseconds throttled_max);

    /// Sets the callback that is called whenever a scope is parked, resumed or abandoned.
    void on_news(OnNews on_news) { on_news_ = std::move(on_news); }

    /// Abandons the lane table's endpoints that an earlier step has abandoned after waiting for at
    /// least as long as this one would. To be called again when lanes have been added.
    void continue_from(const Outages& outages);

    /// Adds the endpoints that have been abandoned, or whose calls have all failed for park_max, to
    /// `outages`.
    void store(Outages& outages) const;

    /// Records the outcome of a call. Returns true if the call should be retried but its bucket's
    /// retry budget is exhausted. In that case, the retry must wait behind all other calls.
    bool record(const StartedCall& call, const CallFeedback& feedback, io::Moment now);

    /// Reports that a call in `lane` took effect although its response was lost, as a later read
    /// has shown. This means that replication works between the two Regions, although some requests
    /// may exceed their deadlines. Has no effect if the call was sent before the pair was parked.
    void record_late_effect(LaneIndex lane, io::Moment sent_at, io::Moment now);

    /// Reports that credentials for the calls in `lane` have been obtained.
    void record_credentials(LaneIndex lane, io::Moment now);

    /// Returns the abandoned scope that prevents calls in `lane` from being sent. Such a scope must
    /// exist.
    [[nodiscard]] ScopeNews abandoned_scope(LaneIndex lane, io::Moment now) const;

    /// The scopes that are currently parked.
    [[nodiscard]] std::vector<ScopeNews> parked_scopes(io::Moment now) const;

    /// Whether all accounts in the lane table, including that of `lane`, have been abandoned.
    [[nodiscard]] bool are_all_accounts_abandoned(LaneIndex lane) const;

    /// Discards the data stored for a call whose job ended before the call's outcome was recorded.
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
    std::chrono::milliseconds park_max_;
    CircuitBreaker new_breaker_;
    ScopeIndex scopes_continued_ = 0;   ///< scopes that continue_from() has compared
    std::vector<ScopeState> scopes_;    ///< indexed like LaneTable::scopes()
    std::vector<RetryBudget> budgets_;  ///< indexed by bucket
    boost::unordered_flat_map<std::uint32_t, Spent> spent_;  ///< by call ID
    OnNews on_news_;
};

}  // namespace keyferry::engine
