#include "planner/make_plan.hpp"

#include "planner/plan_identity.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <numeric>
#include <set>
#include <utility>

namespace keyferry {

namespace {

/// The keys of all groups, sorted by ARN. Takes them out of `fleet`.
std::vector<PlannedKey> take_sorted_keys(FleetSpec& fleet) {
    std::size_t count = 0;
    for (const FleetGroup& group : fleet.groups) {
        count += group.keys.size();
    }
    std::vector<PlannedKey> keys;
    keys.reserve(count);
    for (std::size_t g = 0; g < fleet.groups.size(); ++g) {
        for (SpecKey& key : fleet.groups[g].keys) {
            keys.push_back(PlannedKey{std::move(key.primary), static_cast<std::uint32_t>(g)});
        }
        fleet.groups[g].keys = {};  // the memory is needed for the jobs
    }
    const auto by_arn = [](const PlannedKey& a, const PlannedKey& b) {
        return a.primary < b.primary;
    };
    if (std::is_sorted(keys.begin(), keys.end(), by_arn)) {
        return keys;
    }
    // Keys hold three strings: places are sorted first, and each key is moved once.
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return keys[a].primary < keys[b].primary;
    });
    std::vector<PlannedKey> sorted;
    sorted.reserve(count);
    for (const std::uint32_t place : order) {
        sorted.push_back(std::move(keys[place]));
    }
    return sorted;
}

/// The Regions that some key of a group is replicated to: all of the group's, but for one that is
/// the own Region of each of its keys.
std::vector<Region> used_regions(const FleetSpec& fleet, const std::vector<PlannedKey>& keys) {
    std::vector<std::set<Region>> primaries(fleet.groups.size());
    const PlannedKey* last = nullptr;
    for (const PlannedKey& key : keys) {
        if (last == nullptr || last->group != key.group ||
            last->primary.region != key.primary.region) {
            primaries[key.group].insert(key.primary.region);
        }
        last = &key;
    }
    std::set<Region> used;
    for (std::size_t g = 0; g < fleet.groups.size(); ++g) {
        for (const Region& region : fleet.groups[g].regions) {
            const std::set<Region>& own = primaries[g];
            if (own.size() > 1 || (own.size() == 1 && *own.begin() != region)) {
                used.insert(region);
            }
        }
    }
    return {used.begin(), used.end()};
}

/// A group's Regions as indices into plan.regions, in the same order.
std::vector<std::uint32_t> region_indices(const FleetGroup& group, const Plan& plan) {
    std::vector<std::uint32_t> indices;
    for (const Region& region : group.regions) {
        const auto place = std::lower_bound(plan.regions.begin(), plan.regions.end(), region);
        if (place != plan.regions.end() && *place == region) {
            indices.push_back(static_cast<std::uint32_t>(place - plan.regions.begin()));
        }
    }
    return indices;
}

std::vector<Job> expand_jobs(const FleetSpec& fleet, const Plan& plan) {
    std::vector<std::vector<std::uint32_t>> regions_of_group;
    for (const FleetGroup& group : fleet.groups) {
        regions_of_group.push_back(region_indices(group, plan));
    }
    std::size_t count = 0;
    for (const PlannedKey& key : plan.keys) {
        count += regions_of_group[key.group].size();
    }
    std::vector<Job> jobs;
    jobs.reserve(count);
    for (std::uint32_t k = 0; k < plan.keys.size(); ++k) {
        const PlannedKey& key = plan.keys[k];
        for (const std::uint32_t region : regions_of_group[key.group]) {
            if (plan.regions[region] != key.primary.region) {
                jobs.push_back(Job{k, region});
            }
        }
    }
    return jobs;
}

}  // namespace

Plan make_plan(FleetSpec fleet) {
    Plan plan;
    plan.fleet_name = std::move(fleet.name);
    plan.allowed_regions = std::move(fleet.allowed_regions);
    plan.settings = std::move(fleet.settings);
    plan.keys = take_sorted_keys(fleet);
    plan.regions = used_regions(fleet, plan.keys);
    plan.jobs = expand_jobs(fleet, plan);
    assert(plan.keys.size() <= kFleetKeysMax);
    assert(plan.jobs.size() <= kFleetJobsMax);
    for (FleetGroup& group : fleet.groups) {
        plan.groups.push_back(PlannedGroup{std::move(group.name), std::move(group.parameters)});
    }
    plan.sha256 = plan_sha256(plan);
    return plan;
}

}  // namespace keyferry
