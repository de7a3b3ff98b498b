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

/// The final failure of a call, after any retries.
struct FinalFailure {
    /// `absent`, `denied`, `no_credentials` (AWS does not accept the account's credentials), or
    /// `no_response` (any other error, or no response).
    planner::LookupStatus lookup = planner::LookupStatus::no_response;
    std::string code;     ///< as KMS sent it; empty if there was no response
    std::string message;  ///< printable, bounded, contains no secret (CallFailure::message)
    /// For a write, true if the change may have taken effect, because an attempt received no
    /// response or an internal error from KMS.
    bool may_be_made = false;
    /// True if KMS rejected the call and would reject it again. False if the retries were
    /// exhausted, if the account or endpoint was abandoned, or if stop() was called.
    bool is_refused = false;
};

/// A call that is being retried because KMS rejected it for a temporary reason.
struct RetriedRefusal {
    explicit RetriedRefusal(io::AccountRegion place_) : place(std::move(place_)) {}

    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::describe_key;
    std::string code;     ///< as KMS sent it
    std::string message;  ///< as in FinalFailure
    /// How much longer the call may be retried before it fails.
    std::chrono::milliseconds retried_for_max{0};
};

/// Records each call before it is sent for the first time; see WriteBarrier.
class CallRecorder {
  public:
    CallRecorder() = default;
    CallRecorder(const CallRecorder&) = delete;
    CallRecorder& operator=(const CallRecorder&) = delete;
    virtual ~CallRecorder() = default;

    /// Called when the call queued with `tag` is about to be sent. After this function has
    /// returned, the recorder must call either RepeatableCalls::send(started) or drop(started)
    /// exactly once.
    virtual void record_sent(std::uint64_t tag, const StartedCall& started) = 0;

    /// Whether recorded calls and their retries must wait because their outcomes currently cannot
    /// be recorded.
    [[nodiscard]] virtual bool is_stalled() const noexcept { return false; }
};

template <typename Result>
using FinalOutcome = std::variant<Result, FinalFailure>;

/// Makes idempotent KMS calls concurrently, within KMS's request quotas. As in a run, the calls go
/// through a CallDispatcher and are retried with backoff. The result of each call is passed to its
/// callback. Reads are idempotent. So are writes that set or remove a policy, description, tags or
/// alias, or enable or disable a key, because repeating them leaves the key in the same state. (If
/// the response to a CreateAlias call is lost, the retry fails with AlreadyExistsException, and the
/// caller checks which key the alias belongs to.)
///
/// A call fails only when it has been attempted at least RetrySettings::attempts_max times and its
/// attempts have been failing for at least kReadFailingMin (kWriteFailingMin for a write; park_max
/// if that is shorter). Throttled attempts and probes of a parked endpoint do not count. Throttling
/// alone does not make a call fail, unless every call to the endpoint is throttled for
/// WaitSettings::park_timeout; the endpoint is then abandoned. When an account or endpoint is
/// abandoned (see CircuitBreaker), its calls fail immediately with `no_response`. A call is retried
/// for up to RetrySettings::malformed_policy_max while a new principal is not yet visible, and for
/// up to WaitSettings::ready_timeout while its key is in the Creating or Updating state.
///
/// All functions must be called on the thread of `executor`.
class RepeatableCalls : private CallDispatcher::User {
  public:
    /// `client` and `clock` must outlive this object. `seed` determines the jitter. `park_max` is
    /// the maximum time to wait for an endpoint or account whose calls all fail; the default is
    /// park_timeout.
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

    /// Queues a call. run() calls `done` once, unless it ends before the call is made. `done` may
    /// queue more calls.
    template <typename Request>
    void ask(io::AccountRegion place,
             Request request,
             Done<typename RepeatableCall<Request>::Result> done);

    /// Like ask(), but before the call is sent for the first time, the recorder records it under
    /// `tag`. record_with() must have been called.
    template <typename Request>
    void ask_recorded(io::AccountRegion place,
                      Request request,
                      std::uint64_t tag,
                      Done<typename RepeatableCall<Request>::Result> done);

    /// Sets the recorder for calls queued with ask_recorded(). It must outlive the next run(). The
    /// recorder calls set_lead() so that calls are started slightly before they may be sent.
    /// Recording then does not delay them.
    void record_with(CallRecorder& recorder);

    /// See CallDispatcher::share_quota_use.
    void share_quota_use(QuotaUse& use) noexcept { dispatcher_.share_quota_use(use); }

    /// See CallDispatcher::share_outages.
    void share_outages(Outages& outages) noexcept { dispatcher_.share_outages(outages); }

    /// For the recorder: sets the lead (see CallDispatcher::lead).
    void set_lead(std::chrono::milliseconds lead) { dispatcher_.set_lead(lead); }

    /// For the recorder: sends a call that has been recorded.
    void send(const StartedCall& started);

    /// For the recorder: discards a call that cannot be recorded and therefore must not be sent.
    /// Its callback is not called. Call stop() first.
    void drop(const StartedCall& started);

    /// Adds a source of calls: a function that is called whenever few calls are queued for `place`.
    /// With sources, millions of calls need not be held in memory, and calls for one account and
    /// Region do not wait for calls for another. `more` must either queue some calls for `place`
    /// and return true, or return false if it currently has none. After returning false, it is not
    /// called again until wake().
    void add_source(const io::AccountRegion& place, std::function<bool()> more);

    /// Reports that the source of `place`, if any, has calls again.
    void wake(const io::AccountRegion& place);

    /// Makes all queued calls, including those queued while it runs, and then removes all sources.
    /// May be called again for more calls. Rethrows exceptions from calls.
    boost::asio::awaitable<void> run();

    /// From now on, starts no more calls. run() completes when all calls in flight have ended.
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

    /// Sets the callback that is called when a call is first rejected for a temporary reason: a
    /// principal in the policy may be too new to be visible, or the key is Creating or Updating.
    void on_retried_refusal(std::function<void(const RetriedRefusal&)> on_refusal) {
        on_retried_refusal_ = std::move(on_refusal);
    }
    /// The number of unfinished calls that were rejected for a temporary reason.
    [[nodiscard]] std::uint64_t retried_refusals() const noexcept { return retried_refusals_; }

    /// The number of attempts so far.
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_.total(); }
    /// The number of attempts for each account, Region and API, sorted.
    [[nodiscard]] std::vector<planner::QuotaCalls> calls_by_quota() const {
        return calls_.by_quota(dispatcher_.lanes());
    }
    /// The number of throttled attempts for each account, Region and API, sorted.
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
        std::uint64_t waiting = 0;  ///< calls for its place that are queued or in flight
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
    std::deque<std::unique_ptr<Asked>> asked_;  ///< indexed by slot; a call's slot is its ID
    std::vector<std::uint32_t> free_slots_;
    CallRecorder* recorder_ = nullptr;
    LaneCounts calls_;
    std::uint64_t waiting_ = 0;
    std::function<void(const RetriedRefusal&)> on_retried_refusal_;
    std::uint64_t retried_refusals_ = 0;
};

}  // namespace keyferry::engine
