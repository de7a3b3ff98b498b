// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Returns whether `pattern` matches all of `text`. As in IAM policies, '*' matches any number of
/// characters, including zero, and '?' matches exactly one. The comparison is case-sensitive and
/// takes O(text length x pattern length) time.
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view pattern) noexcept;

/// Returns whether at least one of `patterns` matches.
[[nodiscard]] bool matches_any_glob(std::string_view text,
                                    const std::vector<std::string>& patterns) noexcept;

}  // namespace keyferry::planner
