// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/kms_refusal.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace keyferry::simulator {

/// Which entries of a list one answer has: those from `begin` up to `end`.
struct ListPage {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::optional<std::string> next_marker;  ///< nothing on the last page
};

/// The page behind `marker` of a list of `entries` entries, at most `limit` of them. A marker is
/// `prefix` and a position, so that one of another operation is InvalidMarkerException, as is one
/// behind the end. KMS's own markers are opaque.
[[nodiscard]] std::variant<ListPage, KmsRefusal> page_of(std::string_view prefix,
                                                         std::size_t entries,
                                                         std::size_t limit,
                                                         const std::optional<std::string>& marker);

}  // namespace keyferry::simulator
