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

/// A call that brought no result, all its attempts over.
struct FinalFailure {
    /// absent, denied, or unanswered, which here is everything else: no answer, or another refusal.
    planner::LookupStatus lookup = planner::LookupStatus::no_response;
    std::string code;     ///< as KMS wrote it; empty where there was no answer
    std::string message;  ///< printable, bounded, no secret (CallFailure::message)
    /// Of a change: some attempt was not answered, or with the word that KMS has failed itself, so
    /// it may have been made all the same.
    bool may_be_made = false;
};

template <typename Result>
using FinalOutcome = std::variant<Result, FinalFailure>;

/// Makes calls that may be made again without harm, at KMS's request quotas, many at a time: each
/// goes through the scheduler that runs use, is retried with backoff, and tells its caller what
/// came of it. Such are reads, and changes that give a key what it is to have: a policy, a
/// description, tags, an alias. However often they are made, the key has it, so no journal stands
/// behind them. (A lost answer to a first CreateAlias makes AlreadyExistsException of the second;
/// its caller looks whose the alias is.)
///
/// Bounded: a call has RetrySettings::attempts_max attempts, throttles not counted but at most
/// kThrottlesMax; an endpoint that has failed kFailuresInARowMax times without an answer in between
/// is asked no more, and what is left for it is unanswered at once.
///
/// Everything runs on one thread, the one of `executor`.
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

    /// Told what came of a call.
    template <typename Result>
    using Done = std::function<void(const FinalOutcome<Result>&)>;

    /// Asks for one call. `done` is called once, from within run(), unless that ends early before
    /// the call has been made; it may ask for more.
    template <typename Request>
    void ask(io::AccountRegion place,
             Request request,
             Done<typename RepeatableCall<Request>::Result> done);

    /// `more` is called when few calls wait; it asks for some and returns false when there are no
    /// more. So a million calls need not wait in memory.
    void on_low(std::function<bool()> more) { more_ = std::move(more); }

    /// Makes the calls that were asked for and those that follow, until there are none. May be
    /// called again, for others. Rethrows what a call threw.
    boost::asio::awaitable<void> run();

    /// Starts no further call; run() completes when those in flight are answered.
    void stop();
    [[nodiscard]] bool was_stopped() const noexcept { return stopping_; }

    /// Why no call can succeed until somebody acts (credentials, signature, clock); run() has ended
    /// early then. Empty otherwise.
    [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }   ///< all attempts
    [[nodiscard]] std::vector<planner::QuotaCalls> calls_by_quota() const;  ///< the same, sorted
    [[nodiscard]] std::uint64_t waiting() const noexcept {
        return waiting_;
    }  ///< asked for and not over

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
    /// Expires with this object: a timer that was set may go off later.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::engine
