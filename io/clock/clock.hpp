// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/system/error_code.hpp>

namespace keyferry::io {

/// The port to time. It exists so that the engine that ships can be run through days of work in
/// seconds, and so that a test's time is not the machine's.
class Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual Moment now() const noexcept = 0;
    [[nodiscard]] virtual WallTime wall_now() const noexcept = 0;

    /// Completes with no error at or after `when` (never before, and never inside this call), or
    /// with operation_aborted when the token's cancellation slot is used. Sleeps with equal moments
    /// complete in the order in which they began.
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
