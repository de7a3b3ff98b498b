// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/system/error_code.hpp>

namespace keyferry::io {

/// The interface of all clocks. It allows tests and simulations to run days of the production
/// engine's work in seconds, independently of the machine's clock.
class Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual Moment now() const noexcept = 0;
    [[nodiscard]] virtual WallTime wall_now() const noexcept = 0;

    /// Completes without an error at or after `when` (never earlier, and never inside this call),
    /// or with operation_aborted when the token's cancellation slot is triggered. Sleeps with the
    /// same deadline complete in the order in which they started.
    template <typename Token>
    auto sleep_until(Moment when, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
            [this](auto handler, Moment until) {
                start_sleep(until, SleepHandler(std::move(handler)));
            },
            token,
            when);
    }

  protected:
    using SleepHandler = boost::asio::any_completion_handler<void(boost::system::error_code)>;

  private:
    virtual void start_sleep(Moment when, SleepHandler handler) = 0;
};

}  // namespace keyferry::io
