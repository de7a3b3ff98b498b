// SPDX-License-Identifier: Apache-2.0
#include "io/clock/virtual_clock.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::io {

VirtualClock::VirtualClock(boost::asio::io_context& io, WallTime wall_start)
    : wall_start_(wall_start), sleeps_(io, [] {}) {}

WallTime VirtualClock::wall_now() const noexcept {
    return wall_start_ + std::chrono::floor<std::chrono::milliseconds>(now_.time_since_epoch());
}

void VirtualClock::run(boost::asio::io_context& io) {
    while (settle(io)) {
        const std::optional<Moment> next = sleeps_.earliest();
        if (!next) {
            return;
        }
        now_ = std::max(now_, *next);
        sleeps_.wake(now_);
    }
}

void VirtualClock::run_until(boost::asio::io_context& io, Moment end) {
    assert(end >= now_);
    while (settle(io)) {
        const std::optional<Moment> next = sleeps_.earliest();
        if (!next || *next > end) {
            now_ = end;
            return;
        }
        now_ = std::max(now_, *next);
        sleeps_.wake(now_);
    }
}

void VirtualClock::advance(std::chrono::nanoseconds by) {
    assert(by.count() >= 0);
    now_ += by;
    sleeps_.wake(now_);
}

void VirtualClock::start_sleep(Moment when, SleepHandler handler) {
    sleeps_.add(when, std::move(handler));
}

bool VirtualClock::settle(boost::asio::io_context& io) {
    // Without the guard, the io_context would stop whenever it runs out of work, and this could not
    // be distinguished from a call to stop().
    const auto guard = boost::asio::make_work_guard(io);
    if (io.stopped()) {
        io.restart();
    }
    while (io.poll() > 0) {
    }
    return !io.stopped();
}

}  // namespace keyferry::io
