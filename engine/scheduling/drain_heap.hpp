// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/waiting_call.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <utility>
#include <vector>

namespace keyferry::engine {

/// How long a lane's buckets need for what waits for them.
struct Drain {
    double longest_s;
    double all_s;
    auto operator<=>(const Drain&) const = default;
};

/// A lane with its drain time when it was last looked at.
struct DrainingLane {
    Drain drain;
    LaneIndex lane;
};

/// Lanes with the one that drains longest on top; of equal ones the first.
class DrainHeap {
  public:
    [[nodiscard]] bool empty() const noexcept { return lanes_.empty(); }
    [[nodiscard]] const DrainingLane& top() const { return lanes_.front(); }

    void push(const DrainingLane& lane) {
        lanes_.push_back(lane);
        std::push_heap(lanes_.begin(), lanes_.end(), DrainsSooner{});
    }

    DrainingLane pop() {
        std::pop_heap(lanes_.begin(), lanes_.end(), DrainsSooner{});
        const DrainingLane top = lanes_.back();
        lanes_.pop_back();
        return top;
    }

    /// Takes all lanes out, in no order.
    std::vector<DrainingLane> take_all() { return std::exchange(lanes_, {}); }

    /// Brings the lane that belongs there to the top. `drain_of` says how long a lane drains at
    /// present. Drain times shrink as calls start, and a heap of long queues would be rebuilt with
    /// every call: a lane stays where it is until it is off by more than a hundredth or so. Where a
    /// time has grown, the lane is merely found a little late.
    template <typename DrainOf>
    void mend_top(const DrainOf& drain_of) {
        constexpr double kKept = 1 - 1.0 / 128;
        while (lanes_.size() > 1) {
            const DrainingLane& top = lanes_.front();
            const Drain drain = drain_of(top.lane);
            if (drain.longest_s >= top.drain.longest_s * kKept &&
                drain.all_s >= top.drain.all_s * kKept) {
                return;
            }
            const LaneIndex lane = pop().lane;
            push(DrainingLane{drain, lane});
        }
    }

  private:
    struct DrainsSooner {
        bool operator()(const DrainingLane& a, const DrainingLane& b) const noexcept {
            return a.drain != b.drain ? a.drain < b.drain : a.lane > b.lane;
        }
    };

    std::vector<DrainingLane> lanes_;
};

}  // namespace keyferry::engine
