// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/clock/sleep_queue.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>

namespace keyferry::io {

/// Simulated time. It does not advance while any handler is ready to run, and jumps to the next
/// deadline when none is. Runs are deterministic: the same program with the same input takes the
/// same steps at the same times. Waiting takes no real time.
///
/// Only sleeps are tracked. The clock does not wait for other threads or for the kernel (sockets),
/// so code that runs under this clock must use neither. The clock must be destroyed before its
/// io_context.
class VirtualClock final : public Clock {
  public:
    /// 2030-01-01T00:00:00Z, easily distinguished from the actual time.
    static constexpr WallTime kWallStart{std::chrono::milliseconds{1'893'456'000'000}};

    /// now() starts at zero and wall_now() at `wall_start`; they advance together.
    explicit VirtualClock(boost::asio::io_context& io, WallTime wall_start = kWallStart);

    [[nodiscard]] Moment now() const noexcept override { return now_; }
    [[nodiscard]] WallTime wall_now() const noexcept override;

    /// Runs `io` until no handlers and no sleeps are left, or until `io` is stopped. If a handler
    /// throws, the exception is propagated, and run() may be called again to continue. `io` must be
    /// the io_context passed to the constructor.
    void run(boost::asio::io_context& io);

    /// Like run(), but stops at `end`: sleeps that end at or before `end` complete, and later ones
    /// remain pending. Afterwards, now() is `end`, unless `io` was stopped.
    void run_until(boost::asio::io_context& io, Moment end);

    /// Advances time without running handlers, and posts the completions of sleeps that end during
    /// that time. For tests that combine this clock with real sockets.
    void advance(std::chrono::nanoseconds by);

  private:
    void start_sleep(Moment when, SleepHandler handler) override;
    /// Runs all ready handlers; returns false if `io` was stopped.
    bool settle(boost::asio::io_context& io);

    Moment now_{};
    WallTime wall_start_;
    SleepQueue sleeps_;
};

}  // namespace keyferry::io
