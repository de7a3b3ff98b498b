// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/flow_control.hpp"
#include "engine/lanes/lane_table.hpp"
#include "engine/retry/call_feedback.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "io/clock/clock.hpp"
#include "planner/plan/run_settings.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::engine {

/// Makes every KMS call of a command when the scheduler lets it leave, and applies its outcome to
/// the quotas and circuit breakers. Runs, surveys, key searches and syncs are its users: they queue
/// calls, make them when told to, and decide what an outcome means for their jobs.
///
/// Not thread-safe: everything runs on the thread of `executor`.
class CallDispatcher {
  public:
    /// What a user does with its calls.
    class User {
      public:
        User() = default;
        User(const User&) = delete;
        User& operator=(const User&) = delete;
        virtual ~User() = default;

        /// A call may leave at started.at, which is at most lead() in the future. Must lead to one
        /// finish(started) after this function has returned, for example when a coroutine passed to
        /// spawn() ends.
        virtual void start(const StartedCall& started) = 0;

        /// A call will not be started, since a scope of its lane was abandoned.
        virtual void abandon(const LaneCall& call, const ScopeNews& news) = 0;

        /// Called before calls are started: may queue more.
        virtual void refill() {}
    };

    /// All arguments must outlive this. `lead`: see lead(). `park_max`: how long a scope in which
    /// every call fails is waited for; WaitSettings::park_timeout if it is not set.
    CallDispatcher(const planner::RunSettings& settings,
                   io::Clock& clock,
                   boost::asio::any_io_executor executor,
                   User& user,
                   std::chrono::milliseconds lead,
                   std::optional<std::chrono::milliseconds> park_max = std::nullopt);
    CallDispatcher(const CallDispatcher&) = delete;
    CallDispatcher& operator=(const CallDispatcher&) = delete;

    LaneTable& lanes() noexcept { return lanes_; }
    [[nodiscard]] const LaneTable& lanes() const noexcept { return lanes_; }

    /// For adding backlogs.
    Scheduler& scheduler() noexcept { return scheduler_; }

    /// Queues a call after `delay`: before the backlog of its lane.
    void enqueue(LaneIndex lane, const WaitingCall& call, std::chrono::milliseconds delay = {});
    /// Queues a call after `delay` behind all others of its lane.
    void postpone(LaneIndex lane, const WaitingCall& call, std::chrono::milliseconds delay);

    /// Dispatches calls until none is queued or in flight, or until stop(). Rethrows exceptions of
    /// calls. May be called again for calls queued later, unless stop() was called.
    boost::asio::awaitable<void> run();

    /// Starts no further call; run() completes when the calls in flight have ended.
    void stop();
    [[nodiscard]] bool is_stopping() const noexcept { return stopping_; }

    /// What makes all calls fail until a person fixes it: no account has credentials that AWS
    /// accepts. The dispatcher has then stopped. nullopt if there was none.
    [[nodiscard]] const std::optional<ScopeNews>& refused_account() const noexcept {
        return refused_account_;
    }
    /// The same as code and message; empty if there was none.
    [[nodiscard]] std::string refusal() const {
        return refused_account_ ? last_failure_text(*refused_account_) : std::string();
    }

    /// Runs a started call. finish() is called when it ends.
    void spawn(const StartedCall& started, boost::asio::awaitable<void> call);

    /// A started call has ended or will not be made.
    void finish(const StartedCall& started, std::exception_ptr error = nullptr);

    /// Waits until a started call may leave. Returns false if it must not be made: the dispatcher
    /// was stopped, or the call is late ; then it has to be queued again.
    boost::asio::awaitable<bool> wait_to_leave(StartedCall started);

    /// Applies the outcome of a call. Returns true if its retry has to be postponed.
    bool record(const StartedCall& started, const CallFeedback& feedback);

    /// A read has shown that a call of `lane` took effect whose response was lost.
    void record_late_effect(LaneIndex lane, io::Moment sent_at) {
        flow_.record_late_effect(lane, sent_at, clock_.now());
    }

    /// The credentials that calls of `lane` need have been obtained.
    void record_credentials(LaneIndex lane) { flow_.record_credentials(lane, clock_.now()); }

    /// See FlowControl::forget.
    void forget(std::uint32_t call_id) { flow_.forget(call_id); }

    /// Sets the callback that is called whenever a scope is parked, resumed or abandoned.
    void on_scope_news(FlowControl::OnNews on_news) { flow_.on_news(std::move(on_news)); }
    [[nodiscard]] std::vector<ScopeNews> parked_scopes() const {
        return flow_.parked_scopes(clock_.now());
    }

    /// How long before it may leave a call is started, so that it can be prepared meanwhile.
    [[nodiscard]] std::chrono::milliseconds lead() const noexcept { return lead_; }
    void set_lead(std::chrono::milliseconds lead) noexcept { lead_ = lead; }

    [[nodiscard]] std::uint64_t waiting() const noexcept { return scheduler_.waiting(); }
    [[nodiscard]] int in_flight() const noexcept { return scheduler_.in_flight(); }
    [[nodiscard]] std::chrono::duration<double> drain_time() const {
        return scheduler_.drain_time();
    }

  private:
    void pump();
    [[nodiscard]] int end_abandoned();
    void set_timer(io::Moment wake);
    void complete_if_over();
    [[nodiscard]] bool is_over() const;

    io::Clock& clock_;
    boost::asio::any_io_executor executor_;
    User& user_;
    std::chrono::milliseconds lead_;
    Scheduler scheduler_;
    LaneTable lanes_;
    FlowControl flow_;
    std::optional<io::Moment> timer_at_;
    /// calls that may leave by then are started
    io::Moment scheduled_until_ = io::Moment::min();
    bool is_running_ = false;
    bool stopping_ = false;
    std::optional<ScopeNews> refused_account_;  ///< the last one
    std::exception_ptr error_;
    /// Optional because assigning to Boost 1.81's any_completion_handler wraps the handler in
    /// itself without end; only constructing and moving it works.
    std::optional<boost::asio::any_completion_handler<void()>> when_over_;
    /// Expires with this object: pending timers may still fire.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::engine
