// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/toml/table_reader.hpp"

#include <string_view>

namespace keyferry::planner {

/// In the place of a value: the primary's.
inline constexpr std::string_view kCopy = "copy";

/// Reads `tags` of a group into `parameters`: "copy" for those of each primary, or a table
/// { key = "value" }, sorted by key. Checked: KMS's number and lengths, the reserved prefix "aws:"
/// in any case, and of the characters those in ASCII (letters, digits, space and _ . : / = + - @);
/// of other scripts KMS is the judge.
void read_tags(TableReader& group, DiagnosticList& problems, ReplicaParameters& parameters);

/// Reads `description` of a group into `parameters`: "copy" for that of each primary, or a text of
/// at most 8192 characters; an empty one is sent as such.
void read_description(TableReader& group, DiagnosticList& problems, ReplicaParameters& parameters);

}  // namespace keyferry::planner
