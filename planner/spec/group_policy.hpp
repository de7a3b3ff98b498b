// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/toml/spec_source.hpp"
#include "planner/toml/table_reader.hpp"

#include <cstddef>

namespace keyferry::planner {

/// Reads `policy` and `bypass_policy_lockout_safety_check` of a group into `parameters`. The policy
/// is required, in one of these forms:
///
///     policy = "default"                    KMS default policy, requested explicitly
///     policy = "copy"                       each primary's own policy, read from KMS
///     policy = { file = "policy.json" }
///     policy = { template = "policy.json" } with {region}, {account}, {key_id}
///     policy = { inline = '''{ ... }''' }
///
/// Diagnostics about the JSON point into the policy file, or into the spec for an inline policy.
/// `longest_region_bytes` is the length of the longest name that can replace {region}. It is needed
/// because the size limit applies to the filled template.
void read_policy(TableReader& group,
                 std::size_t longest_region_bytes,
                 const SpecSource& source,
                 ReplicaParameters& parameters);

}  // namespace keyferry::planner
