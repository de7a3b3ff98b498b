// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Whether matching is case-sensitive. IAM actions are case-insensitive, ARNs and values are not.
enum class LetterCase : std::uint8_t { significant, ignored };

/// A pattern in which '*' matches any sequence of characters and '?' one character. Parts of it can
/// be literal: in them, '*' and '?' match only themselves.
class WildcardPattern {
  public:
    WildcardPattern() = default;
    explicit WildcardPattern(std::string_view pattern) { append_pattern(pattern); }

    void append_pattern(std::string_view pattern);
    void append_literal(std::string_view text);

    /// Whether the pattern matches all of `text`. The number of steps is at most the product of
    /// both lengths.
    [[nodiscard]] bool matches(std::string_view text,
                               LetterCase letter_case = LetterCase::significant) const;

    /// Like matches(), but for ARNs: each of the six colon-separated parts must match, so '*' does
    /// not match across parts (IAM User Guide, "Amazon Resource Name (ARN) condition operators").
    /// The pattern "*" matches every ARN.
    [[nodiscard]] bool matches_arn(std::string_view arn) const;

  private:
    /// The pattern's bytes. Wildcards have values above 255.
    std::u16string characters_;
};

/// Whether `pattern`, which must not contain literal parts, matches all of `text`.
[[nodiscard]] inline bool matches_wildcards(std::string_view pattern,
                                            std::string_view text,
                                            LetterCase letter_case = LetterCase::significant) {
    return WildcardPattern(pattern).matches(text, letter_case);
}

}  // namespace keyferry::simulator
