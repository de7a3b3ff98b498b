// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/account_access.hpp"
#include "planner/toml/spec_node.hpp"
#include "planner/toml/spec_source.hpp"

#include <cstddef>
#include <vector>

namespace keyferry::planner {

/// Largest session policy, as STS documents it.
inline constexpr std::size_t kSessionPolicyBytesMax = 2048;

/// Reads [accounts], which has a table for each account whose keys need credentials of their own:
///
///     [accounts.111122223333]
///     profile = "payments"
///     role = "arn:aws:iam::111122223333:role/keyferry"
///     external_id = "..."          these four only beside a role; a session policy also beside a
///     session_name = "..."         profile that assumes one
///     duration = "1h"
///     session_policy = { file = "narrow.json" } or { inline = '...' }
[[nodiscard]] std::vector<AccountAccess> read_accounts(const SpecNode& accounts,
                                                       const SpecSource& source);

/// Warns of accounts in [accounts] of which the fleet has no key.
void check_accounts_used(const SpecNode& accounts,
                         const FleetSpec& fleet,
                         DiagnosticList& problems);

}  // namespace keyferry::planner
