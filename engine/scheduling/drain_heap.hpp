// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/scheduling/waiting_call.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <utility>
#include <vector>

namespace keyferry::engine {

/// The time that a lane's buckets need for the calls waiting for them.
struct Drain {
    double longest_s;
    double all_s;
    auto operator<=>(const Drain&) const = default;
};

/// A lane with its drain time when it was last computed.
struct DrainingLane {
    Drain drain;
    LaneIndex lane;
};

/// Lanes ordered by drain time, longest first; equal ones by index.
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

    /// Removes and returns all lanes, in no particular order.
    std::vector<DrainingLane> take_all() { return std::exchange(lanes_, {}); }

    /// Moves the lane with the longest drain time to the top. `drain_of` returns the current drain
    /// time of a lane. Drain times shrink with every call, and keeping long queues exactly ordered
    /// would be expensive, so an entry is moved only if it is off by about a hundredth. A lane
    /// whose drain time has grown is found slightly late.
    template <typename DrainOf>
    void update_top(const DrainOf& drain_of) {
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
