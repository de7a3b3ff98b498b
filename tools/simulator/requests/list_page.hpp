// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/kms_refusal.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace keyferry::simulator {

/// The range [begin, end) of the list entries that one response contains.
struct ListPage {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::optional<std::string> next_marker;  ///< nullopt on the last page
};

/// Returns the page after `marker` in a list of `entries` entries, with at most `limit` entries. A
/// marker consists of `prefix` and a position. Markers of other operations and positions past the
/// end result in InvalidMarkerException. KMS's own markers are opaque.
[[nodiscard]] std::variant<ListPage, KmsRefusal> page_of(std::string_view prefix,
                                                         std::size_t entries,
                                                         std::size_t limit,
                                                         const std::optional<std::string>& marker);

}  // namespace keyferry::simulator
