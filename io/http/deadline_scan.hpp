// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <memory>

namespace keyferry::io {

/// One thing that must not last for ever. Whoever waits derives from it.
class DeadlineWaiter : public boost::intrusive::list_base_hook<
                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    /// Whether the deadline of the last watch() has passed unmet.
    [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

    DeadlineWaiter() = default;
    DeadlineWaiter(const DeadlineWaiter&) = delete;
    DeadlineWaiter& operator=(const DeadlineWaiter&) = delete;
    virtual ~DeadlineWaiter() = default;

  private:
    friend class DeadlineScan;
    /// End the wait now. Called once per watch(), never inside it; must not throw.
    virtual void on_deadline() noexcept = 0;

    Moment deadline_{};
    bool timed_out_ = false;
};

/// All deadlines of a client: one list, looked through at every tick. A timer for each request
/// would cost five times as much, and deadlines of seconds need no more precision.
///
/// It ticks only while there is something to watch, so that an io_context can come to its end.
class DeadlineScan {
  public:
    DeadlineScan(Clock& clock, std::chrono::milliseconds interval);
    /// The clock may be gone by then; it is not touched.
    ~DeadlineScan();
    DeadlineScan(const DeadlineScan&) = delete;
    DeadlineScan& operator=(const DeadlineScan&) = delete;

    /// `waiter` is timed_out at the first tick at or after `deadline`, unless unwatch() or its own
    /// end comes first. Replaces an earlier deadline of the same waiter.
    void watch(DeadlineWaiter& waiter, Moment deadline);
    void unwatch(DeadlineWaiter& waiter) noexcept { waiter.unlink(); }

  private:
    struct State;
    static void tick(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace keyferry::io
