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

/// A queue of items ordered by due time. Items with equal times keep the order in which they were
/// added.
template <typename Item>
class TimerHeap {
  public:
    void push(io::Moment at, Item item) {
        entries_.push_back(Entry{at, next_sequence_++, std::move(item)});
        std::push_heap(entries_.begin(), entries_.end(), Later{});
    }

    /// When the first item is due; nullopt if there is none.
    [[nodiscard]] std::optional<io::Moment> earliest() const {
        return entries_.empty() ? std::nullopt : std::optional(entries_.front().at);
    }

    /// If the first item is due at `now`, removes it and returns it with its due time.
    std::optional<std::pair<io::Moment, Item>> pop_due(io::Moment now) {
        if (entries_.empty() || entries_.front().at > now) {
            return std::nullopt;
        }
        std::pop_heap(entries_.begin(), entries_.end(), Later{});
        std::pair<io::Moment, Item> due(entries_.back().at, std::move(entries_.back().item));
        entries_.pop_back();
        return due;
    }

    /// Removes all items for which `is_taken(item)` returns true and passes each one to
    /// `take(item)`, earliest first. Visits all items.
    template <typename IsTaken, typename Take>
    void take_if(const IsTaken& is_taken, const Take& take) {
        const auto taken =
            std::stable_partition(entries_.begin(), entries_.end(), [&](const Entry& entry) {
                return !is_taken(entry.item);
            });
        std::sort(
            taken, entries_.end(), [](const Entry& a, const Entry& b) { return Later{}(b, a); });
        std::for_each(taken, entries_.end(), [&](const Entry& entry) { take(entry.item); });
        entries_.erase(taken, entries_.end());
        std::make_heap(entries_.begin(), entries_.end(), Later{});
    }

  private:
    struct Entry {
        io::Moment at;
        std::uint64_t sequence;
        Item item;
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
