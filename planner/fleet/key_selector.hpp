// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "io/names/kms_requests.hpp"
#include "planner/toml/diagnostic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// A tag that a key must have, with a value that matches one of the patterns.
struct TagCriterion {
    std::string key;
    std::vector<std::string> values;  ///< glob patterns, at least one
};

/// Selects the keys of a group: those that meet every criterion that is set. Patterns have the
/// syntax of matches_glob(). Only customer managed multi-Region keys match, because no other keys
/// can be replicated. Replicas match too, because the primary may have moved to another Region.
struct KeySelector {
    SourcePosition where;
    std::vector<TagCriterion> tags;    ///< all must match; sorted by key
    std::vector<std::string> aliases;  ///< patterns without "alias/"; at least one alias must match
    std::vector<std::string> key_specs;     ///< accepted KeySpec values
    std::vector<std::string> key_usages;    ///< accepted KeyUsage values
    std::vector<std::string> origins;       ///< accepted Origin values
    std::vector<io::KeyState> states;       ///< accepted key states
    std::optional<double> created_from_s;   ///< Unix time, inclusive
    std::optional<double> created_until_s;  ///< Unix time, exclusive
    std::vector<std::string> except;        ///< excluded key IDs
};

/// Returns whether the key matches the criteria that DescribeKey can verify. If the response lacks
/// a member, the key matches no criterion for that member. A key in the state Updating is matched
/// as Enabled, since only Enabled keys enter this state and all of them return to Enabled.
[[nodiscard]] bool matches_metadata(const KeySelector& selector, const io::KeyMetadata& metadata);

/// Returns whether the aliases match. `names` are the aliases of the key, with the prefix "alias/".
[[nodiscard]] bool matches_aliases(const KeySelector& selector,
                                   const std::vector<std::string>& names);

[[nodiscard]] bool matches_tags(const KeySelector& selector, const std::vector<io::Tag>& tags);

/// Returns the same text for equivalent selectors, and different texts otherwise. The text is part
/// of a spec's identity.
[[nodiscard]] std::string canonical_text(const KeySelector& selector);

}  // namespace keyferry::planner
