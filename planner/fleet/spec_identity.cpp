// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/spec_identity.hpp"

#include "io/checksum/sha256.hpp"
#include "planner/plan/plan_identity.hpp"

namespace keyferry::planner {

std::string selecting_spec_sha256(const FleetSpec& fleet, const Plan& listed) {
    std::string text = "keyferry-selecting-spec-1\n";
    append_hashed_text(text, "listed", plan_sha256(listed));
    for (const FleetGroup& group : fleet.groups) {
        if (!group.select || !group.home) {
            continue;
        }
        append_hashed_text(text, "account", group.home->account.digits());
        for (const io::Region& region : group.primaries) {
            append_hashed_text(text, "primary", region.name());
        }
        append_hashed_text(text, "selector", canonical_text(*group.select));
        append_hashed_text(text, "parameters", parameters_sha256(group.parameters));
        for (const io::Region& region : group.regions) {
            append_hashed_text(text, "region", region.name());
        }
    }
    return io::hex(io::sha256(text));
}

}  // namespace keyferry::planner
