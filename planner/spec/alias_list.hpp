// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/alias_spec.hpp"
#include "planner/toml/table_reader.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Characters of an alias's name, "alias/" among them (KMS's model, AliasNameType).
inline constexpr std::size_t kAliasCharactersMax = 256;
/// Aliases that a group may state for each of its replicas; KMS's default quota for one key is 50.
inline constexpr std::size_t kAliasesMax = 50;

/// Reads `aliases` of a group: "copy", or an array of names like "alias/app-{key_id}". Checked: the
/// characters and the length that KMS takes and its reserved prefix "alias/aws/". Where a group may
/// have several keys, each name must hold {key_id}: an alias belongs to one key.
[[nodiscard]] AliasSpec read_aliases(TableReader& group,
                                     bool has_several_keys,
                                     DiagnosticList& problems);

/// Whether it is one of those that AWS alone can make.
[[nodiscard]] bool is_reserved_alias(std::string_view name) noexcept;

/// Of a key's aliases those that another key can have in another Region: all but AWS's own. Sorted.
[[nodiscard]] std::vector<std::string> copyable_aliases(std::vector<std::string> names);

}  // namespace keyferry::planner
