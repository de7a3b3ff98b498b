#pragma once

#include "io/names/kms_requests.hpp"
#include "planner/table_reader.hpp"

#include <cstddef>
#include <vector>

namespace keyferry {

// KMS's model (Tag, TagList, DescriptionType), lengths in characters.
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTagKeyCharactersMax = 128;
inline constexpr std::size_t kTagValueCharactersMax = 256;
inline constexpr std::size_t kDescriptionCharactersMax = 8192;

/// Reads `tags = { key = "value" }` of a group, sorted by key. Checked: KMS's number and lengths,
/// the reserved prefix "aws:" in any case, and of the characters those in ASCII (letters, digits,
/// space and _ . : / = + - @); of other scripts KMS is the judge.
std::vector<Tag> read_tags(TableReader& group, ProblemList& problems);

/// Reads `description` of a group: at most 8192 characters; an empty one is sent as such.
std::optional<std::string> read_description(TableReader& group, ProblemList& problems);

}  // namespace keyferry
