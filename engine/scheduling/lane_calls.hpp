// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/backlog.hpp"
#include "engine/scheduling/waiting_call.hpp"

#include <cassert>
#include <cstdint>
#include <deque>

namespace keyferry::engine {

/// The calls of one lane in the order in which they are sent: requeued calls, then the backlog,
/// then postponed calls.
class LaneCalls {
  public:
    void set_backlog(std::uint64_t calls, Backlog& source) {
        assert(source_ == nullptr);
        backlog_ = calls;
        source_ = &source;
    }
    /// Adds a call after the requeued calls and before all others.
    void requeue(const WaitingCall& call) { requeued_.push_back(call); }
    void push_last(const WaitingCall& call) { postponed_.push_back(call); }

    [[nodiscard]] bool empty() const noexcept {
        return requeued_.empty() && backlog_ == 0 && postponed_.empty();
    }

    /// The next call to send. The lane must not be empty.
    const WaitingCall& front(LaneIndex lane) {
        if (!requeued_.empty()) {
            return requeued_.front();
        }
        if (backlog_ > 0) {
            --backlog_;
            requeued_.push_back(source_->next(lane));
            return requeued_.front();
        }
        return postponed_.front();
    }

    /// Removes the call returned by front().
    void pop_front() {
        std::deque<WaitingCall>& calls = requeued_.empty() ? postponed_ : requeued_;
        assert(!calls.empty());
        calls.pop_front();
    }

  private:
    std::deque<WaitingCall> requeued_;
    std::uint64_t backlog_ = 0;
    Backlog* source_ = nullptr;
    std::deque<WaitingCall> postponed_;
};

}  // namespace keyferry::engine
