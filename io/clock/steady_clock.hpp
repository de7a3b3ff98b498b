// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/clock/sleep_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace keyferry::io {

/// The real clock: uses std::chrono's steady clock for waiting and its system clock for wall time.
/// A single Asio timer, set to the earliest deadline, is used for all sleeps. The clock must be
/// destroyed before its io_context. Sleeps that are pending at that time never complete.
class SteadyClock final : public Clock {
  public:
    explicit SteadyClock(boost::asio::io_context& io);

    [[nodiscard]] Moment now() const noexcept override;
    [[nodiscard]] WallTime wall_now() const noexcept override;

  private:
    void start_sleep(Moment when, SleepHandler handler) override;
    void set_timer();

    boost::asio::steady_timer timer_;
    std::optional<Moment> timer_set_to_;
    SleepQueue sleeps_;
};

}  // namespace keyferry::io
