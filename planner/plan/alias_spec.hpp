// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::planner {

/// The aliases that the replicas of a group should have, in addition to any they already have.
/// ReplicateKey cannot create aliases, so `keyferry run` does not create them; `keyferry sync`
/// does.
struct AliasSpec {
    bool copied = false;  ///< copy the aliases of each primary
    /// Names with placeholders {region}, {account} and {key_id}; sorted, no duplicates.
    std::vector<std::string> templates;

    [[nodiscard]] bool any() const noexcept { return copied || !templates.empty(); }
    friend bool operator==(const AliasSpec&, const AliasSpec&) = default;
};

}  // namespace keyferry::planner
