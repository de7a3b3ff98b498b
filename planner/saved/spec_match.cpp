// SPDX-License-Identifier: Apache-2.0
#include "planner/saved/spec_match.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/fleet/fleet_keys_check.hpp"
#include "planner/fleet/moved_primaries.hpp"
#include "planner/plan/plan_changes.hpp"
#include "planner/plan/plan_identity.hpp"
#include "planner/saved/saved_settings.hpp"

#include <boost/json/object.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace keyferry::planner {
namespace {

/// Returns the plan that `fleet` would have if its groups selected the same keys as in `plan`.
/// Returns an empty plan if it exceeds the limits.
Plan with_selected_keys(UnresolvedFleet fleet, const Plan& plan) {
    std::set<std::pair<io::AccountId, std::string>> listed;
    std::map<std::string_view, FleetGroup*> selecting;
    for (FleetGroup& group : fleet.spec.groups) {
        for (const SpecKey& key : group.keys) {
            listed.emplace(key.primary.account, key.primary.key_id.text());
        }
        if (group.select) {
            selecting.emplace(group.name, &group);
        }
    }
    for (std::uint32_t k = 0; k < plan.keys.size(); ++k) {
        const auto group = selecting.find(plan.groups[plan.keys[k].group].name);
        if (group == selecting.end()) {
            continue;
        }
        const std::vector<std::string>& except = group->second->select->except;
        const io::KeyArn stated = stated_arn(plan, k);
        const std::string& id = stated.key_id.text();
        const std::vector<io::Region>& primaries = group->second->primaries;
        if (group->second->home && group->second->home->account == stated.account &&
            std::find(primaries.begin(), primaries.end(), stated.region) != primaries.end() &&
            std::find(except.begin(), except.end(), id) == except.end() &&
            !listed.contains({stated.account, id})) {
            group->second->keys.push_back(SpecKey{stated, group->second->select->where});
        }
    }
    check_fleet_keys(fleet.spec, fleet.places);
    return fleet.places.has_errors() ? Plan() : plan_listed_keys(std::move(fleet));
}

const PlannedGroup* group_named(const Plan& plan, const std::string& name) {
    const auto found = std::find_if(plan.groups.begin(),
                                    plan.groups.end(),
                                    [&](const PlannedGroup& group) { return group.name == name; });
    return found == plan.groups.end() ? nullptr : &*found;
}

void compare_groups(const Plan& saved, const Plan& now, std::vector<std::string>& differences) {
    const PlannedGroup* last = nullptr;
    for (const PlannedGroup& group : saved.groups) {
        const PlannedGroup* const same = group_named(now, group.name);
        const std::string name = io::in_quotes(group.name);
        if (same == nullptr) {
            differences.push_back(fmt::format("the spec has no group {}", name));
            continue;
        }
        if (parameters_sha256(same->parameters) != parameters_sha256(group.parameters) ||
            same->parameters.policy_is_template != group.parameters.policy_is_template) {
            differences.push_back(fmt::format(
                "group {} has a different policy, description, tags or bypass setting in the spec",
                name));
        }
        if (same->parameters.aliases != group.parameters.aliases) {
            differences.push_back(fmt::format("group {} has different aliases in the spec", name));
        }
        if (same->primaries != group.primaries) {
            differences.push_back(
                fmt::format("group {} has different primary Regions in the spec", name));
        }
        if (same->parameters.enabled != group.parameters.enabled) {
            differences.push_back(
                fmt::format("group {} has a different value of enabled in the spec", name));
        }
        if (last != nullptr && same <= last) {
            differences.push_back(
                fmt::format("group {} is at a different position in the spec", name));
        }
        last = same;
    }
}

/// Reports keys that belong to another group, which plan_changes() does not compare.
void compare_keys(const Plan& saved, const Plan& now, std::vector<std::string>& differences) {
    auto theirs = now.keys.begin();
    for (const PlannedKey& key : saved.keys) {
        while (theirs != now.keys.end() && theirs->primary < key.primary) {
            ++theirs;
        }
        if (theirs == now.keys.end() || theirs->primary != key.primary) {
            continue;  // its replicas are reported
        }
        const std::string& group = saved.groups[key.group].name;
        if (now.groups[theirs->group].name != group) {
            differences.push_back(
                fmt::format("{} is in group {} in the plan but in group {} in the spec",
                            key.primary.text(),
                            io::in_quotes(group),
                            io::in_quotes(now.groups[theirs->group].name)));
            return;  // one example is enough
        }
    }
}

bool is_same_selection(const Selection& a, const Selection& b) {
    return a.home == b.home && a.regions == b.regions && a.needs_aliases == b.needs_aliases &&
           a.needs_tags == b.needs_tags;
}

void compare_selections(const Plan& saved, const Plan& now, std::vector<std::string>& differences) {
    auto theirs = now.selections.begin();
    for (const Selection& selection : saved.selections) {
        const auto same =
            std::find_if(theirs, now.selections.end(), [&](const Selection& candidate) {
                return candidate.group == selection.group;
            });
        if (same == now.selections.end() || !is_same_selection(*same, selection)) {
            differences.push_back(fmt::format("group {} has a different selection in the spec",
                                              io::in_quotes(selection.group)));
            return;
        }
        theirs = same + 1;
    }
    for (const Selection& selection : now.selections) {
        const bool is_saved = std::any_of(
            saved.selections.begin(), saved.selections.end(), [&](const Selection& each) {
                return each.group == selection.group;
            });
        if (!is_saved && group_named(saved, selection.group) != nullptr) {
            differences.push_back(fmt::format(
                "group {} selects keys in the current spec but lists keys in the saved plan",
                io::in_quotes(selection.group)));
        }
    }
}

void compare_settings(const RunSettings& saved,
                      const RunSettings& now,
                      std::vector<std::string>& differences) {
    const boost::json::object ours = settings_json(saved);
    const boost::json::object theirs = settings_json(now);
    for (const char* const table : {"prices", "accounts"}) {
        if (ours.at(table) != theirs.at(table)) {
            differences.push_back(fmt::format("[{}] is different in the spec", table));
        }
    }
}

}  // namespace

SpecMatch match_with_spec(SavedPlan& saved, FleetLoad load) {
    SpecMatch match;
    match.spec_changed = (load.plan ? load.plan->sha256 : load.unresolved.value().sha256) !=
                         saved.provenance.spec_sha256;
    // The current selection is unknown without a search, so the keys of the plan are used.
    Plan now = load.plan ? *std::move(load.plan)
                         : with_selected_keys(*std::move(load.unresolved), saved.plan);
    move_primaries(now, moved_primaries(saved.plan));
    const Plan& plan = saved.plan;
    const bool is_part = !saved.provenance.filter.empty();
    std::vector<std::string>& differences = match.differences;
    differences = plan_changes(plan, now, !is_part);
    if (plan.fleet_name != now.fleet_name) {
        differences.push_back(fmt::format("the fleet is named {} in the spec, not {}",
                                          io::in_quotes(now.fleet_name),
                                          io::in_quotes(plan.fleet_name)));
    }
    if (plan.allowed_regions != now.allowed_regions) {
        differences.emplace_back("allowed_regions is different in the spec");
    }
    compare_groups(plan, now, differences);
    compare_keys(plan, now, differences);
    compare_selections(plan, now, differences);
    compare_settings(plan.settings, now.settings, differences);
    // Which keys a changed spec selects is unknown without a search.
    match.is_current =
        !match.spec_changed || (is_part && differences.empty() && plan.selections.empty());
    match.jobs_of_spec = now.jobs.size();
    match.settings_changed = settings_json(plan.settings) != settings_json(now.settings);
    saved.plan.settings.limits = now.settings.limits;
    saved.plan.settings.retry = now.settings.retry;
    saved.plan.settings.wait = now.settings.wait;
    return match;
}

std::vector<std::string> values_from_kms(const SavedPlan& saved) {
    std::vector<std::string> values;
    if (saved.review.is_surveyed) {
        values.push_back(
            fmt::format("the states of primaries and replicas, as KMS returned them when the plan "
                        "was created ({})",
                        saved.provenance.made));
    }
    for (const auto& [account, reason] : saved.review.refused_accounts) {
        values.push_back(
            fmt::format("that the credentials of account {} were refused", account.digits()));
    }
    for (const Selection& selection : saved.plan.selections) {
        if (selection.is_resolved) {
            values.push_back(fmt::format("which keys group {} selects in {} {}",
                                         io::in_quotes(selection.group),
                                         selection.home.account.digits(),
                                         selection.home.region.name()));
        }
    }
    if (!saved.plan.moved_from.empty()) {
        values.push_back(fmt::format("the current Regions of {} primaries that have moved",
                                     saved.plan.moved_from.size()));
    }
    if (!saved.plan.contents.empty()) {
        std::string names;
        for (const PlannedGroup& group : saved.plan.groups) {
            if (group.parameters.copied.any()) {
                names += (names.empty() ? "" : ", ") + io::in_quotes(group.name);
            }
        }
        values.push_back(fmt::format("the copied policies, descriptions and tags of {}", names));
    }
    return values;
}

}  // namespace keyferry::planner
