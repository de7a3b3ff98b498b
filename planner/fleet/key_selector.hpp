// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "io/names/kms_requests.hpp"
#include "planner/toml/diagnostic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// A tag that a key must have, its value matching one of the patterns.
struct TagCriterion {
    std::string key;
    std::vector<std::string> values;  ///< patterns, at least one
};

/// Which keys a group wants where it does not list them: those that meet every criterion that is
/// there. Patterns are those of glob.hpp. A multi-Region primary key that a customer manages is
/// always meant: nothing else can be replicated.
struct KeySelector {
    SourcePosition where;
    std::vector<TagCriterion> tags;         ///< all of them, sorted by key
    std::vector<std::string> aliases;       ///< patterns without "alias/"; one alias must match one
    std::vector<std::string> key_specs;     ///< KMS's KeySpec, one of these
    std::vector<std::string> key_usages;    ///< KMS's KeyUsage, one of these
    std::vector<std::string> origins;       ///< KMS's Origin, one of these
    std::vector<io::KeyState> states;       ///< one of these
    std::optional<double> created_from_s;   ///< Unix epoch: then or later
    std::optional<double> created_until_s;  ///< Unix epoch: before then
    std::vector<std::string> except;        ///< key ids that are left out
};

/// Whether DescribeKey's answer alone does not rule the key out. A member that KMS left out is no
/// match of a criterion for it.
[[nodiscard]] bool matches_metadata(const KeySelector& selector, const io::KeyMetadata& metadata);

/// `names` are the key's aliases, "alias/" in front of each.
[[nodiscard]] bool matches_aliases(const KeySelector& selector,
                                   const std::vector<std::string>& names);

[[nodiscard]] bool matches_tags(const KeySelector& selector, const std::vector<io::Tag>& tags);

/// The same text for selectors that mean the same, another for others. Part of a spec's identity.
[[nodiscard]] std::string canonical_text(const KeySelector& selector);

}  // namespace keyferry::planner
