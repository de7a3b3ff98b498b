// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/changed_files.hpp"

#include "planner/fleet/make_plan.hpp"
#include "planner/fleet/spec_identity.hpp"
#include "planner/plan/plan_identity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace keyferry::cli {

namespace {

/// Gives `group` the policy of the saved group with the same name, if the spec reads it from a
/// file, and adds this file to `changed` if the policies differ. `group` is a PlannedGroup or a
/// FleetGroup.
template <typename Group>
void restore_policy(Group& group,
                    const planner::Plan& saved,
                    const ReferencedFiles& files,
                    std::set<std::string>& changed) {
    planner::ReplicaParameters& now = group.parameters;
    const auto file = now.policy ? files.find(*now.policy) : files.end();
    for (const planner::PlannedGroup& before : saved.groups) {
        const planner::ReplicaParameters& then = before.parameters;
        if (before.name == group.name && file != files.end() && then.policy != now.policy) {
            changed.insert(file->second);
            now.policy = then.policy;
            now.policy_is_template = then.policy_is_template;
            return;
        }
    }
}

}  // namespace

std::string changed_files(const planner::SavedPlan& saved,
                          const planner::FleetLoad& load,
                          const std::string& path,
                          const ReferencedFiles& files) {
    if ((load.plan ? load.plan->sha256 : load.unresolved.value().sha256) ==
        saved.provenance.spec_sha256) {
        return {};
    }
    std::set<std::string> changed;
    std::string sha256;  // of the current spec with the saved policies
    if (load.plan) {
        planner::Plan plan = *load.plan;
        for (planner::PlannedGroup& group : plan.groups) {
            restore_policy(group, saved.plan, files, changed);
        }
        sha256 = planner::plan_sha256(plan);
    } else {
        planner::FleetSpec spec = load.unresolved.value().spec;
        for (planner::FleetGroup& group : spec.groups) {
            restore_policy(group, saved.plan, files, changed);
        }
        sha256 = planner::selecting_spec_sha256(spec, planner::make_plan(spec));
    }
    if (changed.empty() || sha256 != saved.provenance.spec_sha256) {
        return path + " or a file that it names has changed";
    }
    return fmt::format(
        "{} {} changed", fmt::join(changed, ", "), changed.size() == 1 ? "has" : "have");
}

}  // namespace keyferry::cli
