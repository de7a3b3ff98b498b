// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/clock/sleep_queue.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>

namespace keyferry::io {

/// Time that stands still while anything can run, and jumps to the end of the next sleep when
/// nothing can. The same program with the same input takes the same steps at the same moments in
/// every run, and an hour of waiting takes no time.
///
/// It knows of sleeps only: work on other threads or in the kernel (sockets) is not waited for, so
/// both stay out of code that runs under it. Destroy it before its io_context.
class VirtualClock final : public Clock {
  public:
    /// 2030-01-01T00:00:00Z: a date that nobody takes for the machine's.
    static constexpr WallTime kWallStart{std::chrono::milliseconds{1'893'456'000'000}};

    /// now() starts at zero, wall_now() at `wall_start`; both advance together.
    explicit VirtualClock(boost::asio::io_context& io, WallTime wall_start = kWallStart);

    [[nodiscard]] Moment now() const noexcept override { return now_; }
    [[nodiscard]] WallTime wall_now() const noexcept override;

    /// Runs `io` until nothing is left to run and nobody sleeps, or until someone stops `io`. An
    /// exception from a handler passes through; the run may then be taken up again. `io` must be
    /// the io_context given to the constructor.
    void run(boost::asio::io_context& io);

    /// As run(), but goes no further than `end`: sleeps that end at `end` are woken, later ones
    /// stay asleep, and now() is `end` afterwards (unless `io` was stopped).
    void run_until(boost::asio::io_context& io, Moment end);

    /// Moves time forward without running anything: the completions of sleeps that end on the way
    /// are posted. For tests that mix this clock with real sockets.
    void advance(std::chrono::nanoseconds by);

  private:
    void start_sleep(Moment when, SleepHandler handler) override;
    /// Runs what can run without time passing; false when `io` was stopped.
    bool settle(boost::asio::io_context& io);

    Moment now_{};
    WallTime wall_start_;
    SleepQueue sleeps_;
};

}  // namespace keyferry::io
