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

/// A TOML document as plain values with positions. This type decouples the checks from the TOML
/// library, so that only one file includes the library, which takes a long time to compile.
struct SpecNode {
    using Array = std::vector<SpecNode>;
    using Table = std::vector<SpecMember>;  ///< in source order
    /// A date means midnight UTC. `epoch_s` is empty for values that are not a point in time: a
    /// time without a date, or a date and time without a UTC offset.
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

/// Describes the type of `node` for messages: "a string", "a table", ...
[[nodiscard]] std::string_view kind_of(const SpecNode& node) noexcept;

}  // namespace keyferry::planner
