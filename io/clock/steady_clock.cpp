// SPDX-License-Identifier: Apache-2.0
#include "io/clock/steady_clock.hpp"

#include <utility>

namespace keyferry::io {

SteadyClock::SteadyClock(boost::asio::io_context& io)
    : timer_(io), sleeps_(io, [this] { set_timer(); }) {}

Moment SteadyClock::now() const noexcept {
    return std::chrono::steady_clock::now();
}

WallTime SteadyClock::wall_now() const noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void SteadyClock::start_sleep(Moment when, SleepHandler handler) {
    sleeps_.add(when, std::move(handler));
    set_timer();
}

void SteadyClock::set_timer() {
    const std::optional<Moment> earliest = sleeps_.earliest();
    if (!earliest) {
        // A pending timer would keep the io_context running although there is no work.
        timer_set_to_.reset();
        timer_.cancel();
        return;
    }
    if (timer_set_to_ && *timer_set_to_ <= *earliest) {
        return;  // it expires early enough and will then be set again
    }
    timer_set_to_ = earliest;
    timer_.expires_at(*earliest);
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) {
            return;  // the timer was set again or this clock was destroyed, so `this` must not be
                     // accessed
        }
        timer_set_to_.reset();
        sleeps_.wake(now());
        set_timer();
    });
}

}  // namespace keyferry::io
