// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/lower_case.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::simulator {

/// The condition keys of one request and their values, such as aws:RequestedRegion. Names of
/// condition keys are case-insensitive (IAM User Guide, "Condition"). A request has about 30 keys,
/// so a linear search is fast enough.
class RequestContext {
  public:
    /// Adds a value to a key, which may already have values.
    void add(std::string_view key, std::string_view value) { values_of(key).emplace_back(value); }

    /// Replaces the values of a key. If `values` is empty, the key is present without values.
    void set(std::string_view key, std::vector<std::string> values) {
        values_of(key) = std::move(values);
    }

    /// Returns nullptr if the request does not have the key. `lower_case_key` is in lower case.
    [[nodiscard]] const std::vector<std::string>* find(std::string_view lower_case_key) const {
        const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
            return entry.first == lower_case_key;
        });
        return found == entries_.end() ? nullptr : &found->second;
    }

    /// Returns a copy without the keys that start with one of `lower_case_prefixes`.
    [[nodiscard]] RequestContext without(
        const std::vector<std::string_view>& lower_case_prefixes) const {
        RequestContext rest;
        for (const auto& entry : entries_) {
            const bool is_left_out = std::any_of(
                lower_case_prefixes.begin(), lower_case_prefixes.end(), [&](auto prefix) {
                    return std::string_view(entry.first).substr(0, prefix.size()) == prefix;
                });
            if (!is_left_out) {
                rest.entries_.push_back(entry);
            }
        }
        return rest;
    }

  private:
    std::vector<std::string>& values_of(std::string_view key) {
        std::string name = io::lower_case(key);
        for (auto& [known, values] : entries_) {
            if (known == name) {
                return values;
            }
        }
        return entries_.emplace_back(std::move(name), std::vector<std::string>()).second;
    }

    std::vector<std::pair<std::string, std::vector<std::string>>> entries_;
};

}  // namespace keyferry::simulator
