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
    /// `absent`, `denied`, `no_credentials` if AWS does not accept the account's credentials, or
    /// `no_response` for everything else (any other error, or no response).
    planner::LookupStatus lookup = planner::LookupStatus::no_response;
    std::string code;     ///< as KMS sent it; empty if there was no response
    std::string message;  ///< printable, bounded, no secret (CallFailure::message)
    /// For a write: true if an attempt received no response or an internal error from KMS, so the
    /// change may have taken effect.
    bool may_be_made = false;
    /// True if KMS refused the call and would refuse it again. False if the retries were used up,
    /// if the account or endpoint was abandoned, or if the calls were stopped.
    bool is_refused = false;
};

/// A call that KMS refused for a reason that may pass, so that it is retried.
struct RetriedRefusal {
    explicit RetriedRefusal(io::AccountRegion place_) : place(std::move(place_)) {}

    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::describe_key;
    std::string code;     ///< as KMS sent it
    std::string message;  ///< as in FinalFailure
    /// The call is retried for this long, from now on, before it fails.
    std::chrono::milliseconds retried_for_max{0};
};

/// Records each call before it is sent for the first time; see WriteBarrier.
class CallRecorder {
  public:
    CallRecorder() = default;
    CallRecorder(const CallRecorder&) = delete;
    CallRecorder& operator=(const CallRecorder&) = delete;
    virtual ~CallRecorder() = default;

    /// Called when the call that was queued with `tag` is about to be sent. The recorder must then
    /// call either RepeatableCalls::send(started) or drop(started), once, after this function has
    /// returned.
    virtual void record_sent(std::uint64_t tag, const StartedCall& started) = 0;

    /// Whether recorded calls, including their retries, must wait because their outcomes could not
    /// be recorded at present.
    [[nodiscard]] virtual bool is_stalled() const noexcept { return false; }
};

template <typename Result>
using FinalOutcome = std::variant<Result, FinalFailure>;

/// Makes KMS calls that are safe to repeat, concurrently and within KMS's request quotas. Each call
/// goes through a CallDispatcher, as in runs, and is retried with backoff; its result is passed to
/// its callback. Reads are safe to repeat. Writes that set or remove a policy, a description, tags
/// or an alias, or enable or disable a key, are also safe, because repeating them leaves the key in
/// the same state. (If the response to a CreateAlias is lost, the retry fails with
/// AlreadyExistsException. The caller then checks which key the alias belongs to.)
///
/// A call fails after at least RetrySettings::attempts_max attempts, but not until the attempts
/// have been failing for a minute (or park_max, if that is shorter). Throttled attempts and probes
/// of a parked endpoint do not count. Throttling alone never makes a call fail. However, an
/// endpoint whose only responses for WaitSettings::park_timeout are throttles is abandoned, which
/// ends its calls. A call waits up to RetrySettings::malformed_policy_max for a new principal to
/// become visible, and up to WaitSettings::ready_timeout for a key to leave the state Creating or
/// Updating. If an account or endpoint is abandoned (see CircuitBreaker), its calls fail at once
/// with `no_response`.
///
/// Not thread-safe: everything runs on the thread of `executor`.
class RepeatableCalls : private CallDispatcher::User {
  public:
    /// `client` and `clock` must outlive this. `seed` determines the jitter. `park_max` is the
    /// maximum time to wait for an endpoint or account for which every call fails; if it is not
    /// set, park_timeout applies.
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

    /// Queues one call. `done` is called once, from within run(), unless run() ends before the call
    /// is made. `done` may queue more calls.
    template <typename Request>
    void ask(io::AccountRegion place,
             Request request,
             Done<typename RepeatableCall<Request>::Result> done);

    /// Like ask(), but the recorder records the call under `tag` before the call is sent for the
    /// first time. Requires that record_with() has been called.
    template <typename Request>
    void ask_recorded(io::AccountRegion place,
                      Request request,
                      std::uint64_t tag,
                      Done<typename RepeatableCall<Request>::Result> done);

    /// Sets the recorder for calls queued with ask_recorded(). It must outlive the next run(). The
    /// recorder uses set_lead() to have calls started a little before they may be sent, so that
    /// recording does not delay them.
    void record_with(CallRecorder& recorder);

    /// See CallDispatcher::share_quota_use.
    void share_quota_use(QuotaUse& use) noexcept { dispatcher_.share_quota_use(use); }

    /// For the recorder: sets the lead. Each call is started this long before it may be sent.
    void set_lead(std::chrono::milliseconds lead) { dispatcher_.set_lead(lead); }

    /// For the recorder: sends a call that has been recorded.
    void send(const StartedCall& started);

    /// For the recorder: discards a call that cannot be recorded and therefore must not be sent.
    /// Its callback is not called. Call stop() first.
    void drop(const StartedCall& started);

    /// Adds a function that is called whenever few calls are queued for `place`. Millions of calls
    /// then need not be held in memory, and calls for one account and Region do not have to wait
    /// for those for another. `more` either queues some calls for `place` and returns true, or
    /// returns false if it has no calls at present. In the latter case, it is called again after
    /// wake().
    void add_source(const io::AccountRegion& place, std::function<bool()> more);

    /// Reports that the source of `place`, if there is one, has calls again.
    void wake(const io::AccountRegion& place);

    /// Makes the queued calls, including those queued in the meantime, until no call is left. Then
    /// removes all sources. May be called again for more calls. Rethrows exceptions from calls.
    boost::asio::awaitable<void> run();

    /// Prevents further calls from being started. run() completes when the calls in flight have
    /// ended.
    void stop() { dispatcher_.stop(); }
    [[nodiscard]] bool was_stopped() const noexcept { return dispatcher_.is_stopping(); }

    /// See CallDispatcher::expect_other_accounts.
    void expect_other_accounts() noexcept { dispatcher_.expect_other_accounts(); }

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
    /// The number of unfinished calls that were refused for such a reason.
    [[nodiscard]] std::uint64_t retried_refusals() const noexcept { return retried_refusals_; }

    /// The number of attempts so far.
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.total(); }
    /// The number of attempts by place and API, sorted.
    [[nodiscard]] std::vector<planner::QuotaCalls> calls_by_quota() const {
        return calls_.by_quota(dispatcher_.lanes());
    }
    /// The number of throttled attempts by place and API, sorted.
    [[nodiscard]] std::vector<planner::QuotaCalls> throttles_by_quota() const {
        return dispatcher_.throttles_by_quota();
    }
    /// The number of calls that are queued or in flight.
    [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }

  private:
    struct Asked;
    template <typename Request>
    struct TypedCall;
    struct Source {
        std::function<bool()> more;
        std::uint64_t waiting = 0;  ///< calls at its place, queued or in flight
        bool is_due = true;         ///< whether it is in due_sources_
    };

    void start(const StartedCall& started) override;
    void abandon(const LaneCall& call, const ScopeNews& news) override;
    void refill() override;

    void add(io::AccountRegion place, io::KmsApi api, std::unique_ptr<Asked> call);
    Source* source_of(const io::AccountRegion& place);
    void make_due(Source& source);
    boost::asio::awaitable<void> perform(StartedCall started);
    void on_outcome(const StartedCall& started, const std::optional<io::CallFailure>& failure);
    [[nodiscard]] std::chrono::milliseconds failing_min(const Asked& call,
                                                        const io::CallFailure& failure) const;
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
    const std::chrono::milliseconds park_max_;
    std::mt19937_64 random_;
    CallDispatcher dispatcher_;
    std::map<io::AccountRegion, Source> sources_;
    std::vector<Source*> due_sources_;
    std::deque<std::unique_ptr<Asked>> asked_;  ///< indexed by slot, which is the ID of a call
    std::vector<std::uint32_t> free_slots_;
    CallRecorder* recorder_ = nullptr;
    LaneCounts calls_;
    std::uint64_t waiting_ = 0;
    std::function<void(const RetriedRefusal&)> on_retried_refusal_;
    std::uint64_t retried_refusals_ = 0;
};

}  // namespace keyferry::engine
