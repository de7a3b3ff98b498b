// SPDX-License-Identifier: Apache-2.0
#include "io/http/deadline_scan.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace keyferry::io {

/// Shared with the pending sleep, which may complete after the DeadlineScan has been destroyed.
struct DeadlineScan::State {
    State(Clock& clock_, std::chrono::milliseconds interval_)
        : clock(clock_), interval(interval_) {}

    Clock& clock;
    const std::chrono::milliseconds interval;
    boost::intrusive::list<DeadlineWaiter, boost::intrusive::constant_time_size<false>> waiters;
    boost::asio::cancellation_signal stop;
    bool ticking = false;
};

DeadlineScan::DeadlineScan(Clock& clock, std::chrono::milliseconds interval)
    : state_(std::make_shared<State>(clock, interval)) {}

DeadlineScan::~DeadlineScan() {
    state_->waiters.clear();
    state_->stop.emit(boost::asio::cancellation_type::terminal);
}

void DeadlineScan::watch(DeadlineWaiter& waiter, Moment deadline) {
    waiter.unlink();
    waiter.deadline_ = deadline;
    waiter.timed_out_ = false;
    state_->waiters.push_back(waiter);
    if (!state_->ticking) {
        tick(state_);
    }
}

void DeadlineScan::tick(const std::shared_ptr<State>& state) {
    state->ticking = true;
    const std::weak_ptr<State> scan = state;
    auto check = [scan](boost::system::error_code error) {
        const std::shared_ptr<State> self = scan.lock();
        if (!self || error) {
            return;
        }
        const Moment now = self->clock.now();
        for (auto at = self->waiters.begin(); at != self->waiters.end();) {
            DeadlineWaiter& waiter = *at++;
            if (waiter.deadline_ <= now) {
                waiter.unlink();
                waiter.timed_out_ = true;
                waiter.on_deadline();
            }
        }
        if (self->waiters.empty()) {
            self->ticking = false;
        } else {
            tick(self);
        }
    };
    state->clock.sleep_until(
        state->clock.now() + state->interval,
        boost::asio::bind_cancellation_slot(state->stop.slot(), std::move(check)));
}

}  // namespace keyferry::io
