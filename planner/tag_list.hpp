#pragma once

#include "planner/plan.hpp"
#include "planner/table_reader.hpp"

#include <cstddef>
#include <string_view>

namespace keyferry {

// KMS's model (Tag, TagList, DescriptionType), lengths in characters.
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTagKeyCharactersMax = 128;
inline constexpr std::size_t kTagValueCharactersMax = 256;
inline constexpr std::size_t kDescriptionCharactersMax = 8192;

/// Whether a tag key is one of AWS's own: "aws:" in any case, then anything.
bool has_reserved_prefix(std::string_view key) noexcept;

/// Reads `tags` of a group into `parameters`: "copy" for those of each primary, or a table
/// { key = "value" }, sorted by key. Checked: KMS's number and lengths, the reserved prefix "aws:"
/// in any case, and of the characters those in ASCII (letters, digits, space and _ . : / = + - @);
/// of other scripts KMS is the judge.
void read_tags(TableReader& group, ProblemList& problems, ReplicaParameters& parameters);

/// Reads `description` of a group into `parameters`: "copy" for that of each primary, or a text of
/// at most 8192 characters; an empty one is sent as such.
void read_description(TableReader& group, ProblemList& problems, ReplicaParameters& parameters);

}  // namespace keyferry
