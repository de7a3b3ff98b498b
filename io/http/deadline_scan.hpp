// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <memory>

namespace keyferry::io {

/// One thing that must not last for ever. Whoever waits derives from it.
class Overdue : public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    /// Whether the deadline of the last watch() has passed unmet.
    [[nodiscard]] bool overdue() const noexcept { return overdue_; }

    Overdue() = default;
    Overdue(const Overdue&) = delete;
    Overdue& operator=(const Overdue&) = delete;
    virtual ~Overdue() = default;

  private:
    friend class DeadlineScan;
    /// End the wait now. Called once per watch(), never inside it; must not throw.
    virtual void when_overdue() noexcept = 0;

    Moment deadline_{};
    bool overdue_ = false;
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

    /// `waiter` is overdue at the first tick at or after `deadline`, unless unwatch() or its own
    /// end comes first. Replaces an earlier deadline of the same waiter.
    void watch(Overdue& waiter, Moment deadline);
    void unwatch(Overdue& waiter) noexcept { waiter.unlink(); }

  private:
    struct State;
    static void tick(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace keyferry::io
