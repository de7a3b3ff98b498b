// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/alias_spec.hpp"
#include "planner/toml/table_reader.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// Maximum length of an alias name in characters, including "alias/" (AliasNameType in the KMS API
/// model).
inline constexpr std::size_t kAliasCharactersMax = 256;
/// Maximum number of aliases that a group can list for each replica; the KMS default quota for one
/// key is 50.
inline constexpr std::size_t kAliasesMax = 50;

/// Reads `aliases` of a group: "copy", or an array of names like "alias/app-{key_id}". Checks the
/// characters and length that KMS accepts and the reserved prefix "alias/aws/". If the group may
/// have several keys, each name must contain {key_id}, because an alias belongs to one key.
[[nodiscard]] AliasSpec read_aliases(TableReader& group,
                                     bool has_several_keys,
                                     DiagnosticList& problems);

/// Returns whether only AWS can create the alias.
[[nodiscard]] bool is_reserved_alias(std::string_view name) noexcept;

/// Returns the aliases that can be copied to a replica, sorted: all except those reserved for AWS.
[[nodiscard]] std::vector<std::string> copyable_aliases(std::vector<std::string> names);

}  // namespace keyferry::planner
