// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/call_dispatcher.hpp"
#include "engine/calls/repeatable_call.hpp"
#include "engine/retry/disposition.hpp"
#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "io/names/account_region.hpp"
#include "io/names/call_outcome.hpp"
#include "io/names/kms_api.hpp"
#include "planner/plan/quota.hpp"
#include "planner/plan/run_settings.hpp"
#include "planner/review/inventory.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::engine {

/// A call that failed after all its attempts.
struct FinalFailure {
    /// `absent` or `denied`; `no_response` for everything else: no response or any other error.
    planner::LookupStatus lookup = planner::LookupStatus::no_response;
    std::string code;     ///< as KMS sent it; empty if there was no response
    std::string message;  ///< printable, bounded, no secret (CallFailure::message)
    /// For a write: an attempt received no response or an internal error of KMS, so the change may
    /// have taken effect.
    bool may_be_made = false;
    /// KMS refused the call, and would refuse it again. False if retries ran out, if the account or
    /// endpoint was abandoned, or if the calls were stopped.
    bool is_refused = false;
};

/// A call that KMS refused for a reason that may pass, so that it is retried.
struct RetriedRefusal {
    explicit RetriedRefusal(io::AccountRegion place_) : place(std::move(place_)) {}

    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::describe_key;
    std::string code;                              ///< as KMS sent it
    std::string message;                           ///< as in FinalFailure
    std::chrono::milliseconds retried_for_max{0};  ///< from now on; then the call fails
};

/// Records calls before they are sent for the first time: a write barrier.
class CallRecorder {
  public:
    CallRecorder() = default;
    CallRecorder(const CallRecorder&) = delete;
    CallRecorder& operator=(const CallRecorder&) = delete;
    virtual ~CallRecorder() = default;

    /// The call that was queued with `tag` is about to be sent. Must lead to one
    /// RepeatableCalls::send(started) or drop(started) after this function has returned.
    virtual void record_sent(std::uint64_t tag, const StartedCall& started) = 0;

    /// Whether recorded calls must wait, retries too: their outcomes could not be recorded.
    [[nodiscard]] virtual bool is_stalled() const noexcept { return false; }
};

template <typename Result>
using FinalOutcome = std::variant<Result, FinalFailure>;

/// Makes KMS calls that are safe to repeat, concurrently and within KMS's request quotas. Each call
/// goes through a CallDispatcher as in runs, is retried with backoff, and passes its result to its
/// callback. Safe to repeat are reads, and writes that set or remove a policy, a description, tags
/// or an alias: repeating them leaves the key in the same state. (If the response to a CreateAlias
/// is lost, its retry fails with AlreadyExistsException; the caller then checks which key the alias
/// belongs to.)
///
/// Limits: a call fails after RetrySettings::attempts_max attempts over at least a minute, or
/// park_max, not counting throttled ones and probes of a parked endpoint. Throttles never fail a
/// call, but an endpoint that returns nothing else for WaitSettings::park_timeout is abandoned; so
/// a call that is always throttled ends that long after the last other call there. It waits for a
/// new principal for RetrySettings::malformed_policy_max and for a key that is Creating or Updating
/// for WaitSettings::ready_timeout. The calls of an account or endpoint that is abandoned (see
/// CircuitBreaker) fail at once with `no_response`.
///
/// Not thread-safe: everything runs on the thread of `executor`.
class RepeatableCalls : private CallDispatcher::User {
  public:
    /// `client` and `clock` must outlive this. `seed` drives the jitter. `park_max`: how long an
    /// endpoint or account in which every call fails is waited for; park_timeout if it is not set.
    RepeatableCalls(planner::RunSettings settings,
                    io::KmsClient& client,
                    io::Clock& clock,
                    boost::asio::any_io_executor executor,
                    std::uint64_t seed,
                    std::optional<std::chrono::milliseconds> park_max = std::nullopt);
    ~RepeatableCalls() override;
    RepeatableCalls(const RepeatableCalls&) = delete;
    RepeatableCalls& operator=(const RepeatableCalls&) = delete;

    /// Receives the outcome of a call.
    template <typename Result>
    using Done = std::function<void(const FinalOutcome<Result>&)>;

    /// Queues one call. `done` is called once, from within run(), unless run() ends early before
    /// the call is made. `done` may queue more calls.
    template <typename Request>
    void ask(io::AccountRegion place,
             Request request,
             Done<typename RepeatableCall<Request>::Result> done);

    /// The same for a call that `recorder` records before it is sent for the first time, under
    /// `tag`. Requires record_with().
    template <typename Request>
    void ask_recorded(io::AccountRegion place,
                      Request request,
                      std::uint64_t tag,
                      Done<typename RepeatableCall<Request>::Result> done);

    /// Sets the recorder of recorded calls, which must outlive the next run(). With set_lead(), it
    /// has calls started a little before they may leave, so that recording does not delay them.
    void record_with(CallRecorder& recorder);

    /// For the recorder: how long before they may leave calls are started.
    void set_lead(std::chrono::milliseconds lead) { dispatcher_.set_lead(lead); }

    /// For the recorder: the call is recorded and may be sent.
    void send(const StartedCall& started);

    /// For the recorder: the call cannot be recorded and must not be sent. It is never finished.
    /// Call stop() before.
    void drop(const StartedCall& started);

    /// `more` is called whenever few calls are queued at `place`, so that millions of calls do not
    /// have to be held in memory and no account and Region waits for another. It queues some calls
    /// there and returns true, or returns false if there are none at present; wake() then has it
    /// called again.
    void add_source(const io::AccountRegion& place, std::function<bool()> more);

    /// The source of `place`, if there is one, has calls again.
    void wake(const io::AccountRegion& place);

    /// Makes the queued calls, including those queued meanwhile, until no call is left. Afterwards
    /// it has no sources, and may be called again for more calls. Rethrows exceptions from calls.
    boost::asio::awaitable<void> run();

    /// Starts no further call; run() completes when the calls in flight have ended.
    void stop() { dispatcher_.stop(); }
    [[nodiscard]] bool was_stopped() const noexcept { return dispatcher_.is_stopping(); }

    /// See CallDispatcher::refusal.
    [[nodiscard]] std::string refusal() const { return dispatcher_.refusal(); }
    /// See CallDispatcher::refused_account.
    [[nodiscard]] const std::optional<ScopeNews>& refused_account() const noexcept {
        return dispatcher_.refused_account();
    }

    /// Sets the callback that is called whenever an account or endpoint is parked, resumed or
    /// abandoned.
    void on_scope_news(FlowControl::OnNews on_news) {
        dispatcher_.on_scope_news(std::move(on_news));
    }

    /// Sets the callback that is called when a call is refused for the first time for a reason that
    /// may pass: a principal in its policy may be too new to be visible, or its key is Creating or
    /// Updating.
    void on_retried_refusal(std::function<void(const RetriedRefusal&)> on_refusal) {
        on_retried_refusal_ = std::move(on_refusal);
    }
    /// Calls that were refused for such a reason and are not finished.
    [[nodiscard]] std::uint64_t retried_refusals() const noexcept { return retried_refusals_; }

    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }   ///< all attempts
    [[nodiscard]] std::vector<planner::QuotaCalls> calls_by_quota() const;  ///< the same, sorted
    /// Attempts that were throttled, sorted.
    [[nodiscard]] std::vector<planner::QuotaCalls> throttles_by_quota() const;
    /// Queued or in flight.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }

  private:
    struct Asked;
    template <typename Request>
    struct TypedCall;
    struct Source {
        std::function<bool()> more;
        std::uint64_t waiting = 0;  ///< calls at its place, queued or in flight
        bool is_due = true;         ///< in due_sources_
    };

    void start(const StartedCall& started) override;
    void abandon(const LaneCall& call, const ScopeNews& news) override;
    void refill() override;

    void add(io::AccountRegion place, io::KmsApi api, std::unique_ptr<Asked> call);
    void count(std::vector<std::uint64_t>& by_lane, LaneIndex lane);
    [[nodiscard]] std::vector<planner::QuotaCalls> by_quota(
        const std::vector<std::uint64_t>& by_lane) const;
    Source* source_of(const io::AccountRegion& place);
    void make_due(Source& source);
    boost::asio::awaitable<void> perform(StartedCall started);
    void on_outcome(const StartedCall& started, const std::optional<io::CallFailure>& failure);
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_delay(
        const StartedCall& started, Disposition disposition, const io::CallFailure& failure);
    [[nodiscard]] std::optional<std::chrono::milliseconds> delay_within(
        std::optional<io::Moment>& since,
        std::chrono::milliseconds lasting_max,
        std::chrono::milliseconds delay) const;
    void note_retried_refusal(const StartedCall& started,
                              const io::CallFailure& failure,
                              std::chrono::milliseconds retried_for_max);
    void finish(std::uint32_t slot, const FinalFailure* failure);
    void fail_unresolved_calls();

    const planner::RunSettings settings_;
    io::KmsClient& client_;
    io::Clock& clock_;
    const std::chrono::milliseconds failing_min_;
    std::mt19937_64 random_;
    CallDispatcher dispatcher_;
    std::map<io::AccountRegion, Source> sources_;
    std::vector<Source*> due_sources_;
    std::deque<std::unique_ptr<Asked>> asked_;  ///< by slot; the id of a call
    std::vector<std::uint32_t> free_slots_;
    CallRecorder* recorder_ = nullptr;
    std::vector<std::uint64_t> calls_by_lane_;
    std::vector<std::uint64_t> throttles_by_lane_;
    std::uint64_t calls_ = 0;
    std::uint64_t waiting_ = 0;
    std::function<void(const RetriedRefusal&)> on_retried_refusal_;
    std::uint64_t retried_refusals_ = 0;
};

}  // namespace keyferry::engine
