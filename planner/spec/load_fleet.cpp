// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/load_fleet.hpp"

#include "planner/fleet/fleet_keys_check.hpp"
#include "planner/fleet/make_plan.hpp"
#include "planner/fleet/moved_primaries.hpp"
#include "planner/fleet/spec_identity.hpp"
#include "planner/plan/plan_identity.hpp"
#include "planner/spec/fleet_check.hpp"
#include "planner/toml/fleet_toml.hpp"

#include <utility>

namespace keyferry::planner {

FleetLoad load_fleet(std::string_view text,
                     const std::string& file_name,
                     const FileReader& read_file) {
    FleetLoad load;
    DiagnosticList problems(file_name);
    if (const std::optional<SpecNode> document = parse_toml(text, problems)) {
        FleetSpec fleet = check_fleet(*document, SpecSource{file_name, text, read_file, problems});
        if (problems.has_errors()) {
            // no plan
        } else if (selects_keys(fleet)) {
            DiagnosticList places = problems;
            places.clear();
            std::string sha256 = selecting_spec_sha256(fleet, make_plan(fleet));
            load.unresolved =
                UnresolvedFleet{std::move(fleet), std::move(places), std::move(sha256)};
        } else {
            load.plan = make_plan(std::move(fleet));
        }
    }
    load.problems = problems.sorted();
    return load;
}

FleetLoad plan_selected_keys(UnresolvedFleet fleet, const std::vector<SelectedKey>& found) {
    for (const SelectedKey& key : found) {
        FleetGroup& group = fleet.spec.groups.at(key.group);
        const io::KeyArn stated = key.moved_from ? key.primary.in(*key.moved_from) : key.primary;
        group.keys.push_back(SpecKey{stated, group.select->where});
    }
    DiagnosticList& problems = fleet.places;
    check_fleet_keys(fleet.spec, problems);
    FleetLoad load;
    if (!problems.has_errors()) {
        load.plan = make_plan(std::move(fleet.spec));
        move_primaries(*load.plan, moved_primaries(found));
        for (Selection& selection : load.plan->selections) {
            selection.is_resolved = true;
        }
    }
    load.problems = problems.sorted();
    return load;
}

Plan plan_listed_keys(UnresolvedFleet fleet) {
    return make_plan(std::move(fleet.spec));
}

}  // namespace keyferry::planner
