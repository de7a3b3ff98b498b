// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace keyferry::planner {

// From the KMS API model (Tag, TagList, DescriptionType); lengths are in characters.
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTagKeyCharactersMax = 128;
inline constexpr std::size_t kTagValueCharactersMax = 256;
inline constexpr std::size_t kDescriptionCharactersMax = 8192;

/// Returns whether a tag key is reserved for AWS: it starts with "aws:", in upper or lower case.
[[nodiscard]] bool has_reserved_prefix(std::string_view key) noexcept;

}  // namespace keyferry::planner
