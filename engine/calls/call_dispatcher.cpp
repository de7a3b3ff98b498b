// SPDX-License-Identifier: Apache-2.0
#include "engine/calls/call_dispatcher.hpp"

#include "engine/retry/disposition.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::engine {

namespace asio = boost::asio;

namespace {

/// A call that its preparation delays by more than this is requeued. Otherwise, after a disk stall
/// of several seconds, all calls that were scheduled during the stall would be sent at once.
constexpr std::chrono::milliseconds kLatenessMax{100};

/// How long a call waits if it cannot be recorded because the journal's disk is unresponsive.
constexpr std::chrono::seconds kStalledJournalDelay{1};

/// Maximum number of calls in abandoned scopes that are ended in one step. There may be millions of
/// them, and ending a call may write a journal record.
constexpr int kAbandonedAtATime = 1000;

}  // namespace

CallDispatcher::CallDispatcher(const planner::RunSettings& settings,
                               io::Clock& clock,
                               asio::any_io_executor executor,
                               User& user,
                               std::chrono::milliseconds lead,
                               std::optional<std::chrono::milliseconds> park_max)
    : clock_(clock),
      executor_(std::move(executor)),
      user_(user),
      lead_(lead),
      scheduler_(scheduler_settings(settings.limits)),
      lanes_(settings.limits, scheduler_, clock.now()),
      flow_(lanes_,
            scheduler_,
            park_max.value_or(settings.wait.park_timeout),
            settings.wait.park_timeout) {}

void CallDispatcher::enqueue(LaneIndex lane,
                             const WaitingCall& call,
                             std::chrono::milliseconds delay) {
    const io::Moment now = clock_.now();
    scheduler_.enqueue(lane, call, now, now + delay);
}

void CallDispatcher::postpone(LaneIndex lane,
                              const WaitingCall& call,
                              std::chrono::milliseconds delay) {
    const io::Moment now = clock_.now();
    scheduler_.postpone(lane, call, now, now + delay);
}

asio::awaitable<void> CallDispatcher::run() {
    is_running_ = true;
    if (quota_use_ != nullptr) {
        lanes_.continue_from(*quota_use_);
    }
    pump();
    if (!is_over()) {
        co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(
            [this](auto handler) { when_over_.emplace(std::move(handler)); }, asio::use_awaitable);
    }
    is_running_ = false;
    if (quota_use_ != nullptr) {
        lanes_.store(*quota_use_, clock_.now());
    }
    if (outages_ != nullptr) {
        flow_.store(*outages_);
    }
    if (error_) {
        std::rethrow_exception(error_);
    }
}

void CallDispatcher::stop() {
    if (std::exchange(stopping_, true) || !is_running_) {
        return;
    }
    const std::weak_ptr<const char> alive = alive_;
    asio::post(executor_, [this, alive] {
        if (!alive.expired()) {
            complete_if_over();
        }
    });
}

/// Starts all calls that may be sent within lead_ from now, and then sets the timer for the next
/// ones.
void CallDispatcher::pump() {
    while (!stopping_) {
        user_.refill();
        scheduled_until_ = std::max(scheduled_until_, clock_.now());
        while (!stopping_) {
            const std::optional<StartedCall> started = next_call();
            if (!started) {
                break;
            }
            user_.start(*started);
        }
        if (stopping_) {
            return;
        }
        if (const int ended = end_abandoned(); ended == kAbandonedAtATime) {
            user_.refill();           // otherwise the run could look complete
            set_timer(clock_.now());  // lets the journal write between the steps
            return;
        } else if (ended > 0) {
            continue;  // the user may have queued more calls
        }
        const std::optional<io::Moment> wake = scheduler_.wake_at();
        if (!wake) {
            return;
        }
        if (*wake > clock_.now() + lead_) {
            set_timer(*wake - lead_);
            return;
        }
        scheduled_until_ = std::max(scheduled_until_, *wake);
    }
}

/// Returns the next call that may be sent by scheduled_until_.
std::optional<StartedCall> CallDispatcher::next_call() {
    if (outages_ != nullptr) {
        flow_.continue_from(*outages_);  // its lane may be new
    }
    return scheduler_.start_next(scheduled_until_);
}

/// Ends at most kAbandonedAtATime calls in abandoned scopes. Returns the number of calls ended.
int CallDispatcher::end_abandoned() {
    int ended = 0;
    while (ended < kAbandonedAtATime) {
        const std::optional<LaneCall> call = scheduler_.take_abandoned();
        if (!call) {
            break;
        }
        ++ended;
        user_.abandon(*call, flow_.abandoned_scope(call->lane, clock_.now()));
    }
    return ended;
}

void CallDispatcher::set_timer(io::Moment wake) {
    if (timer_at_ && *timer_at_ <= wake) {
        return;
    }
    // If a timer was already set for a later time, it still fires but then has nothing to do.
    timer_at_ = wake;
    const std::weak_ptr<const char> alive = alive_;
    clock_.sleep_until(wake, [this, alive, at = wake](boost::system::error_code error) {
        if (error || alive.expired()) {
            return;
        }
        if (timer_at_ == at) {
            timer_at_.reset();
        }
        pump();
        complete_if_over();  // the remaining calls may have been abandoned
    });
}

void CallDispatcher::spawn(const StartedCall& started, asio::awaitable<void> call) {
    asio::co_spawn(executor_, std::move(call), [this, started](std::exception_ptr error) {
        finish(started, std::move(error));
    });
}

void CallDispatcher::finish(const StartedCall& started, std::exception_ptr error) {
    scheduler_.finished(started, clock_.now());
    if (error && !error_) {
        error_ = std::move(error);
        stopping_ = true;
    }
    pump();
    complete_if_over();
}

asio::awaitable<bool> CallDispatcher::wait_to_leave(StartedCall started) {
    if (clock_.now() < started.at) {
        co_await clock_.sleep_until(started.at, asio::use_awaitable);
    }
    if (const io::Moment at = scheduler_.may_leave_at(started); clock_.now() < at) {
        co_await clock_.sleep_until(at, asio::use_awaitable);
    }
    const io::Moment now = clock_.now();
    if (stopping_) {
        co_return false;
    }
    if (now > started.at + kLatenessMax) {
        enqueue(started.lane, started.call);
        co_return false;
    }
    if (now > started.at) {
        scheduler_.left_late(started, now);
    }
    co_return true;
}

void CallDispatcher::requeue_stalled(const StartedCall& started) {
    if (!stopping_) {
        enqueue(started.lane, started.call, kStalledJournalDelay);
    }
}

bool CallDispatcher::is_prepared(io::KmsClient& client, const StartedCall& started) {
    const bool is_prepared = client.is_prepared(lanes_.place_of(started.lane));
    if (!is_prepared) {
        spawn(started, prepare(client, started));
    }
    return is_prepared;
}

asio::awaitable<void> CallDispatcher::prepare(io::KmsClient& client, StartedCall started) {
    io::AccountRegion place = lanes_.place_of(started.lane);
    const std::optional<io::CallFailure> failure = co_await client.prepare(std::move(place));
    if (failure) {
        const Disposition disposition = disposition_of(lanes_.api_of(started.lane), *failure);
        const FailureClass failure_class = failure_class_of(disposition, *failure);
        static_cast<void>(apply(started, feedback_of(&*failure, failure_class, true)));
    } else {
        record_credentials(started.lane);
    }
    if (!stopping_) {
        enqueue(started.lane, started.call);
    }
}

bool CallDispatcher::record(const StartedCall& started, const CallFeedback& feedback) {
    if (feedback.failure_class == FailureClass::throttled) {
        throttles_.add(started.lane);
    }
    return apply(started, feedback);
}

bool CallDispatcher::apply(const StartedCall& started, const CallFeedback& feedback) {
    const bool is_postponed = flow_.record(started, feedback, clock_.now());
    if (!refused_account_ && !expects_other_accounts_ &&
        flow_.are_all_accounts_abandoned(started.lane)) {
        refused_account_.emplace(flow_.abandoned_scope(started.lane, clock_.now()));
        stop();
    }
    return is_postponed;
}

void CallDispatcher::complete_if_over() {
    if (!is_over() || !when_over_) {
        return;
    }
    auto handler = *std::move(when_over_);
    when_over_.reset();
    std::move(handler)();
}

bool CallDispatcher::is_over() const {
    return scheduler_.in_flight() == 0 && (stopping_ || scheduler_.waiting() == 0);
}

}  // namespace keyferry::engine
