// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/json/json_string.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Appends the members of one JSON object and the commas between them.
class ObjectText {
  public:
    explicit ObjectText(std::string& json) : json_(json) { json_.push_back('{'); }

    void close() { json_.push_back('}'); }

    /// Appends the name and the colon; the caller appends the value.
    std::string& member(std::string_view name) {
        if (!first_) {
            json_.push_back(',');
        }
        first_ = false;
        json_.push_back('"');
        json_.append(name);
        json_.append("\":");
        return json_;
    }

    /// Appends an array. `append(item, json)` is called for each item and appends it.
    template <typename Items, typename Append>
    void list(std::string_view name, const Items& items, Append append) {
        std::string& json = member(name);
        char before = '[';
        for (const auto& item : items) {
            json.push_back(before);
            append(item, json);
            before = ',';
        }
        json.append(before == '[' ? "[]" : "]");
    }

    void text(std::string_view name, std::string_view value) {
        io::append_json_string(value, member(name));
    }
    void text(std::string_view name, const std::optional<std::string>& value) {
        if (value) {
            text(name, std::string_view(*value));
        }
    }
    void flag(std::string_view name, const std::optional<bool>& value) {
        if (value) {
            member(name).append(*value ? "true" : "false");
        }
    }
    void number(std::string_view name, const std::optional<std::int32_t>& value) {
        if (value) {
            fmt::format_to(std::back_inserter(member(name)), "{}", *value);
        }
    }
    void whole(std::string_view name, const std::optional<std::int64_t>& value) {
        if (value) {
            fmt::format_to(std::back_inserter(member(name)), "{}", *value);
        }
    }
    /// Appends seconds with three decimal places, as KMS does: 1607472987.918
    void date(std::string_view name, const std::optional<double>& seconds) {
        if (seconds) {
            fmt::format_to(std::back_inserter(member(name)), "{:.3f}", *seconds);
        }
    }

  private:
    std::string& json_;
    bool first_ = true;
};

}  // namespace keyferry::simulator
