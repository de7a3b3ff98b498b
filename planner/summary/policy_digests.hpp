// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Identifies a policy that a run sends for keys of a group.
struct PolicyDigest {
    std::uint32_t group = 0;  ///< index into Plan::groups
    std::string sha256;       ///< of the text, 64 hex digits; for a template, with its placeholders
    std::size_t bytes = 0;    ///< size of the text
    std::uint64_t keys = 0;   ///< number of the group's keys whose replicas get it
};

/// Returns the policies of `plan`, in the order of its groups: the policy that the spec sets for
/// a group, or every distinct policy that the group copies from its primaries, most keys first.
/// Groups with the default policy, and copied policies that have not been read, have none.
[[nodiscard]] std::vector<PolicyDigest> policy_digests(const Plan& plan);

}  // namespace keyferry::planner
