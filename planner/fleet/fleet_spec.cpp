#include "planner/fleet/fleet_spec.hpp"

#include <algorithm>

namespace keyferry {

bool selects_keys(const FleetSpec& fleet) noexcept {
    return std::any_of(fleet.groups.begin(), fleet.groups.end(), [](const FleetGroup& group) {
        return group.select.has_value();
    });
}

}  // namespace keyferry
