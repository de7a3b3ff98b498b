// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <memory>

namespace keyferry::io {

/// Base class of operations with a deadline.
class DeadlineWaiter : public boost::intrusive::list_base_hook<
                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    /// Whether the deadline of the last watch() has expired.
    [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

    DeadlineWaiter() = default;
    DeadlineWaiter(const DeadlineWaiter&) = delete;
    DeadlineWaiter& operator=(const DeadlineWaiter&) = delete;
    virtual ~DeadlineWaiter() = default;

  private:
    friend class DeadlineScan;
    /// Aborts the operation. Called at most once for each watch(), but not from within watch().
    /// Must not throw.
    virtual void on_deadline() noexcept = 0;

    Moment deadline_{};
    bool timed_out_ = false;
};

/// Keeps all deadlines of a client in one list, which is scanned at a fixed interval, the tick. One
/// timer per request would cost five times as much, and deadlines of several seconds do not need
/// higher precision.
///
/// The timer runs only while the list is not empty, so that it does not keep the io_context from
/// running out of work.
class DeadlineScan {
  public:
    DeadlineScan(Clock& clock, std::chrono::milliseconds interval);
    /// Does not access the clock, which may have already been destroyed.
    ~DeadlineScan();
    DeadlineScan(const DeadlineScan&) = delete;
    DeadlineScan& operator=(const DeadlineScan&) = delete;

    /// Makes `waiter` time out at the first tick at or after `deadline`, unless unwatch() is called
    /// or the waiter is destroyed before then. Replaces the waiter's previous deadline, if any.
    void watch(DeadlineWaiter& waiter, Moment deadline);
    void unwatch(DeadlineWaiter& waiter) noexcept { waiter.unlink(); }

  private:
    struct State;
    static void tick(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace keyferry::io
