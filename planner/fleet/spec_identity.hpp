// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::planner {

/// The identity of a spec whose groups select keys, `listed` being the plan of the keys that it
/// lists: 64 hexadecimal digits over that plan's and over each selection, where it looks, and what
/// it makes. Which keys there are does not count.
[[nodiscard]] std::string selecting_spec_sha256(const FleetSpec& fleet, const Plan& listed);

}  // namespace keyferry::planner
