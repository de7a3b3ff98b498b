// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Assigns numbers to frequently repeated strings (Regions, accounts, policies), so that each key
/// stores four bytes instead of a string. Number 0 is the empty string.
class NameTable {
  public:
    NameTable() { number(""); }

    std::uint32_t number(std::string_view text) {
        const auto known = numbers_.find(text);
        if (known != numbers_.end()) {
            return known->second;
        }
        const auto next = static_cast<std::uint32_t>(texts_.size());
        texts_.emplace_back(text);
        numbers_.emplace(std::string_view(texts_.back()), next);
        return next;
    }

    /// The number of a string that already has one; nullopt otherwise.
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view text) const {
        const auto known = numbers_.find(text);
        return known == numbers_.end() ? std::nullopt : std::optional(known->second);
    }

    [[nodiscard]] const std::string& text(std::uint32_t number) const { return texts_[number]; }
    [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }

  private:
    std::deque<std::string> texts_;  // never moves its elements: the map's keys point into them
    boost::unordered_flat_map<std::string_view, std::uint32_t> numbers_;
};

}  // namespace keyferry::simulator
