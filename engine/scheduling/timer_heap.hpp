// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace keyferry::engine {

/// Things that are due at a moment, earliest first; equal moments keep the order in which they
/// came.
template <typename Thing>
class TimerHeap {
  public:
    void push(io::Moment at, Thing thing) {
        entries_.push_back(Entry{at, next_sequence_++, std::move(thing)});
        std::push_heap(entries_.begin(), entries_.end(), Later{});
    }

    /// When the first one is due; nothing when there is none.
    [[nodiscard]] std::optional<io::Moment> earliest() const {
        return entries_.empty() ? std::nullopt : std::optional(entries_.front().at);
    }

    /// Takes the first one out if it is due at `now`, with its moment.
    std::optional<std::pair<io::Moment, Thing>> pop_due(io::Moment now) {
        if (entries_.empty() || entries_.front().at > now) {
            return std::nullopt;
        }
        std::pop_heap(entries_.begin(), entries_.end(), Later{});
        std::pair<io::Moment, Thing> due(entries_.back().at, std::move(entries_.back().thing));
        entries_.pop_back();
        return due;
    }

  private:
    struct Entry {
        io::Moment at;
        std::uint64_t sequence;
        Thing thing;
    };
    struct Later {
        bool operator()(const Entry& a, const Entry& b) const noexcept {
            return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
        }
    };

    std::vector<Entry> entries_;
    std::uint64_t next_sequence_ = 0;
};

}  // namespace keyferry::engine
