// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace keyferry::planner {

// KMS's model (Tag, TagList, DescriptionType), lengths in characters.
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTagKeyCharactersMax = 128;
inline constexpr std::size_t kTagValueCharactersMax = 256;
inline constexpr std::size_t kDescriptionCharactersMax = 8192;

/// Whether a tag key is one of AWS's own: "aws:" in any case, then anything.
[[nodiscard]] bool has_reserved_prefix(std::string_view key) noexcept;

}  // namespace keyferry::planner
