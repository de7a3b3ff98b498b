// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::simulator {

/// Whether matching is case-sensitive. IAM actions are case-insensitive, ARNs and values are not.
enum class LetterCase : std::uint8_t { significant, ignored };

/// Whether `pattern` matches all of `text`. '*' matches any sequence of characters and '?' one
/// character. The number of steps is at most the product of both lengths.
[[nodiscard]] bool matches_wildcards(std::string_view pattern,
                                     std::string_view text,
                                     LetterCase letter_case = LetterCase::significant);

/// Like matches_wildcards(), but for ARNs. Each of the six parts separated by colons must match, so
/// that '*' does not match a colon between them (IAM User Guide, "Amazon Resource Name (ARN)
/// condition operators").
[[nodiscard]] bool matches_arn(std::string_view pattern, std::string_view arn);

}  // namespace keyferry::simulator
