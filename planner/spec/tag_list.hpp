// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/toml/table_reader.hpp"

#include <string_view>

namespace keyferry::planner {

/// The setting value for copying the primary's value.
inline constexpr std::string_view kCopy = "copy";

/// Reads `tags` of a group into `parameters`: "copy" for those of each primary, or a table { key =
/// "value" }, sorted by key. Checks the number and lengths that KMS accepts, the reserved prefix
/// "aws:" in upper or lower case, and ASCII characters (letters, digits, space and _ . : / = + -
/// @). Other characters are left for KMS to check.
void read_tags(TableReader& group, DiagnosticList& problems, ReplicaParameters& parameters);

/// Reads `description` of a group into `parameters`: "copy" for that of each primary, or a text of
/// at most 8192 characters. An empty text is sent as an empty description.
void read_description(TableReader& group, DiagnosticList& problems, ReplicaParameters& parameters);

}  // namespace keyferry::planner
