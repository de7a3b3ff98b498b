// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::simulator {

/// Whether letters of different case match: they do in IAM actions, but not in ARNs and values.
enum class LetterCase : std::uint8_t { significant, ignored };

/// Whether `pattern` matches all of `text`. '*' matches any sequence of characters and '?' one
/// character. Takes at most the product of both lengths in steps.
[[nodiscard]] bool matches_wildcards(std::string_view pattern,
                                     std::string_view text,
                                     LetterCase letter_case = LetterCase::significant);

/// As matches_wildcards(), but for ARNs: each of the six parts separated by colons must match, so
/// that '*' does not match across them (IAM User Guide, "Amazon Resource Name (ARN) condition
/// operators").
[[nodiscard]] bool matches_arn(std::string_view pattern, std::string_view arn);

}  // namespace keyferry::simulator
