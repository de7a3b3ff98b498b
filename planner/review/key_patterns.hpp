// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_arn.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keyferry::planner {

/// Returns whether a pattern names the key. It is a key ID, or an ARN if it begins with "arn:"; '*'
/// matches any characters. A complete ARN names the key in any Region, because its primary may have
/// moved.
[[nodiscard]] bool matches_key(const io::KeyArn& primary, const std::string& pattern);

/// A list of patterns of keys, which may have as many elements as the fleet: complete IDs and ARNs
/// are looked up by key ID, and only globs are tried one by one.
class KeyPatterns {
  public:
    /// `patterns` must outlive this.
    explicit KeyPatterns(const std::vector<std::string>& patterns);

    /// Returns whether at least one pattern matches the key, and notes which of them do.
    [[nodiscard]] bool matches(const io::KeyArn& primary);
    /// The patterns that have matched no key so far, in the order of the list.
    [[nodiscard]] std::vector<const std::string*> unmatched() const;

  private:
    bool try_pattern(const io::KeyArn& primary, std::size_t index);

    const std::vector<std::string>& patterns_;
    std::vector<bool> is_matched_;                                     ///< by pattern
    std::unordered_multimap<std::string_view, std::size_t> complete_;  ///< by key ID
    std::vector<std::size_t> globs_;
};

/// Whether the pattern contains a wildcard.
[[nodiscard]] bool is_glob(std::string_view pattern) noexcept;

}  // namespace keyferry::planner
