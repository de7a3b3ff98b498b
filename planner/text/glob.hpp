// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::planner {

/// Whether `pattern` matches the whole of `text`: '*' stands for any characters, none included, '?'
/// for one, as in IAM policies. Case counts. Takes at most the product of both lengths.
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view pattern) noexcept;

}  // namespace keyferry::planner
