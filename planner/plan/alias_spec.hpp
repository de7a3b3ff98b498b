// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::planner {

/// Which aliases the replicas of a group are to have, besides those that they have. ReplicateKey
/// takes none, so they are no part of what makes a replica: a sync makes them.
struct AliasSpec {
    bool copied = false;  ///< those that each primary has
    /// Names with {region}, {account} and {key_id} to be filled in, sorted, none twice.
    std::vector<std::string> templates;

    [[nodiscard]] bool any() const noexcept { return copied || !templates.empty(); }
    friend bool operator==(const AliasSpec&, const AliasSpec&) = default;
};

}  // namespace keyferry::planner
