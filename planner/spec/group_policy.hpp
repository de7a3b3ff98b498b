// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/toml/spec_source.hpp"
#include "planner/toml/table_reader.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Reads `policy` and `bypass_policy_lockout_safety_check` of a group into `parameters`. The policy
/// must be written in one of these ways:
///
///     policy = "default"                    KMS's default policy, asked for in so many words
///     policy = "copy"                       each primary's own, read when KMS is asked
///     policy = { file = "policy.json" }
///     policy = { template = "policy.json" } with {region}, {account}, {key_id}
///     policy = { inline = '''{ ... }''' }
///
/// Complaints about its JSON stand at their place in the policy file, or in the spec for an inline
/// one. `longest_region_bytes` is the length of the longest name that {region} can become: the
/// limit on the size holds for the filled template.
void read_policy(TableReader& group,
                 std::size_t longest_region_bytes,
                 const SpecSource& source,
                 ReplicaParameters& parameters);

}  // namespace keyferry::planner
