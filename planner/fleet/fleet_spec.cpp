// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/fleet_spec.hpp"

#include <algorithm>

namespace keyferry::planner {

bool selects_keys(const FleetSpec& fleet) noexcept {
    return std::any_of(fleet.groups.begin(), fleet.groups.end(), [](const FleetGroup& group) {
        return group.select.has_value();
    });
}

}  // namespace keyferry::planner
