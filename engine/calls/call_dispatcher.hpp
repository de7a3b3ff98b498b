// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/flow_control.hpp"
#include "engine/calls/lane_counts.hpp"
#include "engine/lanes/lane_table.hpp"
#include "engine/retry/call_feedback.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "io/clock/clock.hpp"
#include "io/kms/kms_client.hpp"
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

/// Schedules all KMS calls that a command makes, and uses their outcomes to update quotas and
/// circuit breakers. Runs, surveys, key searches and syncs queue their calls with the dispatcher,
/// make each call when the dispatcher starts it, and decide how the outcome affects their jobs.
///
/// All functions must be called on the thread of `executor`.
class CallDispatcher {
  public:
    /// Implemented by each class that makes calls through the dispatcher.
    class User {
      public:
        User() = default;
        User(const User&) = delete;
        User& operator=(const User&) = delete;
        virtual ~User() = default;

        /// The call may be sent at started.at, which is at most lead() in the future.
        /// finish(started) must be called exactly once, after this function has returned. spawn()
        /// calls it when the coroutine ends.
        virtual void start(const StartedCall& started) = 0;

        /// The call will not be started because a scope of its lane was abandoned.
        virtual void abandon(const LaneCall& call, const ScopeNews& news) = 0;

        /// Called before calls are started. The function may queue more calls.
        virtual void refill() {}
    };

    /// All arguments must outlive this object. See lead() for `lead`. `park_max` is the maximum
    /// time that a scope stays parked before it is abandoned; the default is
    /// WaitSettings::park_timeout.
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

    /// Used to add backlogs.
    Scheduler& scheduler() noexcept { return scheduler_; }

    /// Queues a call after `delay`, ahead of its lane's backlog.
    void enqueue(LaneIndex lane, const WaitingCall& call, std::chrono::milliseconds delay = {});
    /// Queues a call after `delay`, behind all other calls in its lane.
    void postpone(LaneIndex lane, const WaitingCall& call, std::chrono::milliseconds delay);

    /// Shares quota usage with dispatchers that run before or after this one. run() initializes its
    /// buckets from `use` and stores their state there when it ends. `use` must outlive this
    /// object.
    void share_quota_use(QuotaUse& use) noexcept { quota_use_ = &use; }

    /// Shares the endpoints that were abandoned with dispatchers that run before or after this one:
    /// run() abandons those in `outages` immediately, and adds its own when it ends. `outages` must
    /// outlive this object.
    void share_outages(Outages& outages) noexcept { outages_ = &outages; }

    /// Dispatches calls until no call is queued or in flight, or until stop() is called. Rethrows
    /// exceptions thrown by calls. May be called again for calls queued later, unless stop() was
    /// called.
    boost::asio::awaitable<void> run();

    /// From now on, starts no more calls. run() completes when all calls in flight have ended.
    void stop();
    [[nodiscard]] bool is_stopping() const noexcept { return stopping_; }

    /// Keeps the dispatcher running even if AWS rejects the credentials for all of its accounts,
    /// because the command uses other accounts whose credentials are accepted.
    void expect_other_accounts() noexcept { expects_other_accounts_ = true; }

    /// If the dispatcher has stopped because AWS rejects the credentials for every account, so that
    /// every call would fail, returns the account that was rejected last; otherwise nullopt.
    [[nodiscard]] const std::optional<ScopeNews>& refused_account() const noexcept {
        return refused_account_;
    }
    /// The error code and message of refused_account(); empty if there is none.
    [[nodiscard]] std::string refusal() const {
        return refused_account_ ? last_failure_text(*refused_account_) : std::string();
    }

    /// Runs a started call. finish() is called when it ends.
    void spawn(const StartedCall& started, boost::asio::awaitable<void> call);

    /// Reports that a started call has ended or will not be made.
    void finish(const StartedCall& started, std::exception_ptr error = nullptr);

    /// Returns whether `client` is ready to send a started call. If it is not, starts to obtain
    /// what is missing, such as credentials, and then requeues the call, unless the dispatcher was
    /// stopped. This ensures that no call is recorded as sent if it never left this machine. If the
    /// preparation fails, the account's circuit breaker determines when it is attempted again.
    /// `client` must outlive the call.
    [[nodiscard]] bool is_prepared(io::KmsClient& client, const StartedCall& started);

    /// Waits until a started call may be sent. Returns false if the call must not be sent, because
    /// the dispatcher was stopped or because the call was late and has been requeued.
    boost::asio::awaitable<bool> wait_to_leave(StartedCall started);

    /// Requeues a started call that was not sent because the journal currently cannot record its
    /// outcome. Does nothing after stop().
    void requeue_stalled(const StartedCall& started);

    /// Applies the outcome of a call to quotas and circuit breakers, and counts the call if it was
    /// throttled. Returns true if its retry must be postponed.
    bool record(const StartedCall& started, const CallFeedback& feedback);

    /// Reports that a call in `lane` took effect although its response was lost, as a later read
    /// has shown.
    void record_late_effect(LaneIndex lane, io::Moment sent_at) {
        flow_.record_late_effect(lane, sent_at, clock_.now());
    }

    /// Reports that credentials for the calls in `lane` have been obtained.
    void record_credentials(LaneIndex lane) { flow_.record_credentials(lane, clock_.now()); }

    /// See FlowControl::forget.
    void forget(std::uint32_t call_id) { flow_.forget(call_id); }

    /// Sets the callback that is called whenever a scope is parked, resumed or abandoned.
    void on_scope_news(FlowControl::OnNews on_news) { flow_.on_news(std::move(on_news)); }
    [[nodiscard]] std::vector<ScopeNews> parked_scopes() const {
        return flow_.parked_scopes(clock_.now());
    }

    /// The lead: each call is started this long before it may be sent, to allow time to prepare it.
    [[nodiscard]] std::chrono::milliseconds lead() const noexcept { return lead_; }
    void set_lead(std::chrono::milliseconds lead) noexcept { lead_ = lead; }

    /// The number of throttled calls for each account, Region and API, sorted.
    [[nodiscard]] std::vector<planner::QuotaCalls> throttles_by_quota() const {
        return throttles_.by_quota(lanes_);
    }
    /// The number of throttled calls.
    [[nodiscard]] std::uint64_t throttled() const noexcept { return throttles_.total(); }

    [[nodiscard]] std::uint64_t waiting() const noexcept { return scheduler_.waiting(); }
    [[nodiscard]] int in_flight() const noexcept { return scheduler_.in_flight(); }
    [[nodiscard]] std::chrono::duration<double> drain_time() const {
        return scheduler_.drain_time();
    }

  private:
    boost::asio::awaitable<void> prepare(io::KmsClient& client, StartedCall started);
    bool apply(const StartedCall& started, const CallFeedback& feedback);
    void pump();
    std::optional<StartedCall> next_call();
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
    LaneCounts throttles_;
    QuotaUse* quota_use_ = nullptr;
    Outages* outages_ = nullptr;
    std::optional<io::Moment> timer_at_;
    /// all calls that may be sent by this time have been started
    io::Moment scheduled_until_ = io::Moment::min();
    bool is_running_ = false;
    bool stopping_ = false;
    bool expects_other_accounts_ = false;
    std::optional<ScopeNews> refused_account_;  ///< the last one
    std::exception_ptr error_;
    /// Optional, because in Boost 1.81 an any_completion_handler can be constructed and moved, but
    /// assigning to it causes infinite recursion.
    std::optional<boost::asio::any_completion_handler<void()>> when_over_;
    /// Expires with this object: pending timers may still fire.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::engine
