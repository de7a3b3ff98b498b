// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/toml/diagnostic.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keyferry::planner {

struct SpecMember;

/// A TOML document as plain values with positions. It stands between the TOML library and the
/// checks, so that one file alone knows the library (and pays its compile time).
struct SpecNode {
    using Array = std::vector<SpecNode>;
    using Table = std::vector<SpecMember>;  ///< in the order written
    /// A date is its midnight in UTC; nothing for what is no moment: a time alone, or one without
    /// its offset from UTC.
    struct DateOrTime {
        std::optional<double> epoch_s;
    };
    using Value = std::variant<bool, std::int64_t, double, std::string, DateOrTime, Array, Table>;

    Value value;
    SourcePosition where;
};

struct SpecMember {
    std::string key;
    SourcePosition key_where;
    SpecNode node;
};

/// What `node` is, for messages: "a string", "a table", ...
[[nodiscard]] std::string_view kind_of(const SpecNode& node) noexcept;

}  // namespace keyferry::planner
