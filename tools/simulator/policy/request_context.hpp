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
    /// Adds a value. Adding to the same key again gives it several values.
    void add(std::string_view key, std::string_view value) {
        if (Entry& entry = entry_of(key); !entry.is_fixed) {
            entry.values.emplace_back(value);
        }
    }

    /// Replaces the values of a key. If `values` is empty, the key is present without values.
    void set(std::string_view key, std::vector<std::string> values) {
        if (Entry& entry = entry_of(key); !entry.is_fixed) {
            entry.values = std::move(values);
        }
    }

    /// Sets the key to exactly this value and overrides all earlier and later calls of add() and
    /// set().
    void fix(std::string_view key, std::string_view value) {
        Entry& entry = entry_of(key);
        entry.values = {std::string(value)};
        entry.is_fixed = true;
    }

    /// Returns nullptr if the request does not have the key. `lower_case_key` is in lower case.
    [[nodiscard]] const std::vector<std::string>* find(std::string_view lower_case_key) const {
        const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
            return entry.key == lower_case_key;
        });
        return found == entries_.end() ? nullptr : &found->values;
    }

    /// Returns a copy without the keys that start with one of `lower_case_prefixes`.
    [[nodiscard]] RequestContext without(
        const std::vector<std::string_view>& lower_case_prefixes) const {
        RequestContext rest;
        for (const auto& entry : entries_) {
            const bool is_left_out = std::any_of(
                lower_case_prefixes.begin(), lower_case_prefixes.end(), [&](auto prefix) {
                    return std::string_view(entry.key).substr(0, prefix.size()) == prefix;
                });
            if (!is_left_out) {
                rest.entries_.push_back(entry);
            }
        }
        return rest;
    }

  private:
    struct Entry {
        std::string key;  ///< in lower case
        std::vector<std::string> values;
        bool is_fixed = false;
    };

    Entry& entry_of(std::string_view key) {
        std::string name = io::lower_case(key);
        for (Entry& entry : entries_) {
            if (entry.key == name) {
                return entry;
            }
        }
        return entries_.emplace_back(Entry{std::move(name), {}});
    }

    std::vector<Entry> entries_;
};

}  // namespace keyferry::simulator
