// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace keyferry::simulator {

/// Counts units within the last second, with a sliding window. The KMS documentation says only "per
/// second", and a sliding window is the strictest interpretation. Adding takes amortized O(1) time,
/// without scanning the entries.
class SlidingCount {
  public:
    static constexpr std::chrono::seconds kWindow{1};
    /// Maximum number of entries kept. Additional entries within the same second are not counted.
    /// The simulator cannot serve even half as many requests per second.
    static constexpr std::size_t kEntriesMax = 1U << 20U;

    /// Units in (now - 1 s, now]. `now` must not decrease from one call to the next.
    std::uint32_t count(io::Moment now) {
        while (!entries_.empty() && entries_.front().at <= now - kWindow) {
            units_ -= entries_.front().units;
            entries_.pop_front();
        }
        return units_;
    }

    void add(io::Moment now, std::uint32_t units) {
        if (entries_.size() < kEntriesMax) {
            entries_.push_back(Entry{now, units});
            units_ += units;
        }
    }

  private:
    struct Entry {
        io::Moment at;
        std::uint32_t units;
    };
    std::deque<Entry> entries_;
    std::uint32_t units_ = 0;
};

}  // namespace keyferry::simulator
