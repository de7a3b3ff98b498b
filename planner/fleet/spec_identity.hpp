// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::planner {

/// Returns the identity of a spec whose groups select keys: the SHA-256 (64 hexadecimal digits) of
/// the plan of its listed keys (`listed`) and of each selection with its account, Region and
/// parameters. It does not depend on which keys exist.
[[nodiscard]] std::string selecting_spec_sha256(const FleetSpec& fleet, const Plan& listed);

}  // namespace keyferry::planner
