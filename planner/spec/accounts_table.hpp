// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/account_access.hpp"
#include "planner/toml/spec_node.hpp"
#include "planner/toml/spec_source.hpp"

#include <cstddef>
#include <vector>

namespace keyferry::planner {

/// Maximum size of a session policy, as documented for STS.
inline constexpr std::size_t kSessionPolicyBytesMax = 2048;

/// Reads [accounts], with a table for each account that needs its own credentials:
///
///     [accounts.111122223333]
///     profile = "payments"
///     role = "arn:aws:iam::111122223333:role/keyferry"
///     external_id = "..."          these four require a role; a session policy can also restrict
///     session_name = "..."         a profile that assumes one
///     duration = "1h"
///     session_policy = { file = "narrow.json" } or { inline = '...' }
///
/// The same settings in [accounts] itself apply to the other accounts of the fleet; in `role` and
/// `profile`, {account} is replaced with the account ID:
///
///     [accounts]
///     role = "arn:aws:iam::{account}:role/keyferry"
///
/// Returns the settings of every account that has any, including the defaults.
[[nodiscard]] std::vector<AccountAccess> read_accounts(const SpecNode& accounts,
                                                       const FleetSpec& fleet,
                                                       const SpecSource& source);

/// Warns about accounts in [accounts] for which the fleet has no keys.
void check_accounts_used(const SpecNode& accounts,
                         const FleetSpec& fleet,
                         DiagnosticList& problems);

}  // namespace keyferry::planner
