// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_call.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
#include "io/names/account_region.hpp"
#include "io/names/call_outcome.hpp"
#include "io/names/kms_api.hpp"
#include "planner/plan/quota.hpp"
#include "planner/plan/run_settings.hpp"
#include "planner/review/inventory.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <deque>
#include <exception>
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
};

template <typename Result>
using FinalOutcome = std::variant<Result, FinalFailure>;

/// Makes KMS calls that are safe to repeat, concurrently and within KMS's request quotas. Each call
/// goes through the same scheduler as in runs, is retried with backoff, and passes its result to
/// its callback. Safe to repeat are reads, and writes that set a policy, a description, tags or an
/// alias: repeating them leaves the key in the same state, so they need no journal. (If the
/// response to a CreateAlias is lost, its retry fails with AlreadyExistsException; the caller then
/// checks which key the alias belongs to.)
///
/// Limits: a call has at most RetrySettings::attempts_max attempts, not counting throttled ones, of
/// which there are at most kThrottlesMax. After kFailuresInARowMax consecutive calls without a
/// response an endpoint receives no more calls: the remaining ones fail at once with `no_response`.
///
/// Not thread-safe: everything runs on the thread of `executor`.
class RepeatableCalls {
  public:
    static constexpr int kThrottlesMax = 100;
    static constexpr int kFailuresInARowMax = 40;

    /// All arguments must outlive this. `seed` drives the jitter.
    RepeatableCalls(const planner::RunSettings& settings,
                    io::KmsClient& client,
                    io::Clock& clock,
                    boost::asio::any_io_executor executor,
                    std::uint64_t seed);
    ~RepeatableCalls();
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

    /// `more` is called when few calls are queued. It queues some and returns false when there are
    /// no more. This way, millions of calls do not have to be held in memory.
    void on_low(std::function<bool()> more) { more_ = std::move(more); }

    /// Makes the queued calls, including those queued meanwhile, until no call is left. May be
    /// called again for more calls. Rethrows exceptions from calls.
    boost::asio::awaitable<void> run();

    /// Starts no further call; run() completes when the calls in flight have ended.
    void stop();
    [[nodiscard]] bool was_stopped() const noexcept { return stopping_; }

    /// The error that makes all calls fail until a person fixes it (credentials, signature, clock);
    /// it ended run() early. Empty if there was none.
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }   ///< all attempts
    [[nodiscard]] std::vector<planner::QuotaCalls> calls_by_quota() const;  ///< the same, sorted
    [[nodiscard]] std::uint64_t waiting() const noexcept {
        return waiting_;
    }  ///< queued or in flight

  private:
    struct Asked;
    template <typename Request>
    struct TypedCall;
    struct Endpoint {
        GateIndex gate = 0;
        int failures_in_a_row = 0;
        bool is_given_up = false;
    };

    void add(io::AccountRegion place, io::KmsApi api, std::unique_ptr<Asked> call);
    LaneIndex lane_of(const io::AccountRegion& place, io::KmsApi api);
    void refill();
    void pump();
    void set_timer(io::Moment wake);
    boost::asio::awaitable<void> perform(StartedCall started);
    void heard(const StartedCall& started, const std::optional<io::CallFailure>& failure);
    void failed(const StartedCall& started, const io::CallFailure& failure);
    void retry(const StartedCall& started, const io::CallFailure& failure, bool is_throttle);
    void finish(std::uint32_t slot, const FinalFailure* failure);
    void complete_if_over();
    void tell_of_the_asked();
    [[nodiscard]] bool is_over() const;

    const planner::RunSettings& settings_;
    io::KmsClient& client_;
    io::Clock& clock_;
    boost::asio::any_io_executor executor_;
    std::mt19937_64 random_;
    Scheduler scheduler_;
    std::map<io::AccountRegion, Endpoint> endpoints_;
    std::map<std::pair<io::AccountRegion, io::KmsApi>, LaneIndex> lane_numbers_;
    std::vector<planner::QuotaCalls> lanes_;
    std::deque<std::unique_ptr<Asked>> asked_;  ///< by slot; the id of a call
    std::vector<std::uint32_t> free_slots_;
    std::function<bool()> more_;
    std::uint64_t calls_ = 0;
    std::uint64_t waiting_ = 0;
    std::optional<io::Moment> timer_at_;
    bool stopping_ = false;
    std::string refusal_;
    std::exception_ptr error_;
    /// See Executor::when_over_.
    std::optional<boost::asio::any_completion_handler<void()>> when_over_;
    /// Expires with this object: pending timers may still fire.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::engine
