// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/make_plan.hpp"

#include "planner/fleet/moved_primaries.hpp"
#include "planner/plan/plan_identity.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace keyferry::planner {

namespace {

/// A compact sort key: sixteen contiguous bytes. Comparing a million keys directly would read each
/// of their strings, which are scattered over memory, about twenty times.
struct KeyRank {
    std::uint32_t home = 0;  ///< rank of the (Region, account) pair
    std::uint32_t place = 0;
    std::uint64_t id_begin = 0;  ///< the first sixteen digits of the key ID
};

std::uint64_t id_begin(const io::KeyId& id) {
    constexpr std::size_t kPrefixBytes = 4;  // "mrk-"
    constexpr std::size_t kDigits = 16;
    std::uint64_t number = 0;
    for (const char digit : std::string_view(id.text()).substr(kPrefixBytes, kDigits)) {
        number = number << 4U |
                 static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return number;
}

/// Returns the ranks of the keys, sorted by ARN.
std::vector<KeyRank> ranks_in_order(const std::vector<PlannedKey>& keys) {
    const auto home_of = [](const PlannedKey& key) {
        return std::tie(key.primary.region, key.primary.account);
    };
    std::map<decltype(home_of(keys.front())), std::uint32_t> homes;
    const PlannedKey* last = nullptr;
    for (const PlannedKey& key : keys) {
        if (last == nullptr || home_of(*last) != home_of(key)) {
            homes.emplace(home_of(key), 0);
        }
        last = &key;
    }
    std::uint32_t next = 0;
    for (auto& [home, number] : homes) {
        number = next++;
    }
    std::vector<KeyRank> ranks;
    ranks.reserve(keys.size());
    auto home = homes.begin();
    for (std::uint32_t place = 0; place < keys.size(); ++place) {
        const PlannedKey& key = keys[place];
        if (home->first != home_of(key)) {
            home = homes.find(home_of(key));
        }
        ranks.push_back(KeyRank{home->second, place, id_begin(key.primary.key_id)});
    }
    std::sort(ranks.begin(), ranks.end(), [&](const KeyRank& a, const KeyRank& b) {
        if (a.home != b.home) {
            return a.home < b.home;
        }
        if (a.id_begin != b.id_begin) {
            return a.id_begin < b.id_begin;
        }
        return keys[a.place].primary.key_id < keys[b.place].primary.key_id;
    });
    return ranks;
}

/// Moves the keys out of `fleet` and returns them sorted by ARN.
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
        fleet.groups[g].keys = {};  // frees memory for the jobs
    }
    const auto by_arn = [](const PlannedKey& a, const PlannedKey& b) {
        return a.primary < b.primary;
    };
    if (std::is_sorted(keys.begin(), keys.end(), by_arn)) {
        return keys;
    }
    std::vector<PlannedKey> sorted;  // moves each key only once, because it holds three strings
    sorted.reserve(count);
    for (const KeyRank& rank : ranks_in_order(keys)) {
        sorted.push_back(std::move(keys[rank.place]));
    }
    return sorted;
}

/// The replica Regions of a group's keys, by group and primary Region.
using ReplicaRegions = std::map<std::pair<std::uint32_t, io::Region>, std::vector<io::Region>>;

ReplicaRegions find_replica_regions(const FleetSpec& fleet, const std::vector<PlannedKey>& keys) {
    ReplicaRegions found;
    const PlannedKey* last = nullptr;
    for (const PlannedKey& key : keys) {
        const bool is_same = last != nullptr && last->group == key.group &&
                             last->primary.region == key.primary.region;
        last = &key;
        if (is_same) {
            continue;
        }
        const auto [place, is_new] = found.try_emplace({key.group, key.primary.region});
        if (is_new) {
            const FleetGroup& group = fleet.groups[key.group];
            place->second = replica_regions(
                wanted_regions(group.regions, group.primaries, fleet.allowed_regions),
                key.primary.region);
        }
    }
    return found;
}

std::vector<io::Region> used_regions(const ReplicaRegions& replicas) {
    std::set<io::Region> used;
    for (const auto& [home, regions] : replicas) {
        used.insert(regions.begin(), regions.end());
    }
    return {used.begin(), used.end()};
}

std::vector<Job> expand_jobs(const ReplicaRegions& replicas, const Plan& plan) {
    std::map<std::pair<std::uint32_t, io::Region>, std::vector<std::uint32_t>> indices;
    for (const auto& [home, regions] : replicas) {
        std::vector<std::uint32_t>& places = indices[home];
        for (const io::Region& region : regions) {
            const auto place = std::lower_bound(plan.regions.begin(), plan.regions.end(), region);
            places.push_back(static_cast<std::uint32_t>(place - plan.regions.begin()));
        }
    }
    const auto regions_of = [&](const PlannedKey& key) -> const std::vector<std::uint32_t>& {
        return indices.at({key.group, key.primary.region});
    };
    std::size_t count = 0;
    for (const PlannedKey& key : plan.keys) {
        count += regions_of(key).size();
    }
    std::vector<Job> jobs;
    jobs.reserve(count);
    for (std::uint32_t k = 0; k < plan.keys.size(); ++k) {
        for (const std::uint32_t region : regions_of(plan.keys[k])) {
            jobs.push_back(Job{k, region});
        }
    }
    return jobs;
}

std::vector<Selection> selections_of(const FleetSpec& fleet) {
    std::vector<Selection> selections;
    for (const FleetGroup& group : fleet.groups) {
        if (!group.select || !group.home) {
            continue;
        }
        for (const io::Region& primary : group.primaries) {
            selections.push_back(Selection{
                group.name,
                io::AccountRegion(group.home->account, primary),
                group.primaries.size() == 1
                    ? group.regions
                    : replica_regions(
                          wanted_regions(group.regions, group.primaries, fleet.allowed_regions),
                          primary),
                !group.select->aliases.empty(),
                !group.select->tags.empty(),
                false});
        }
    }
    return selections;
}

}  // namespace

Plan make_plan(FleetSpec fleet) {
    Plan plan;
    plan.fleet_name = std::move(fleet.name);
    plan.settings = std::move(fleet.settings);
    plan.selections = selections_of(fleet);
    plan.keys = take_sorted_keys(fleet);
    const ReplicaRegions replicas = find_replica_regions(fleet, plan.keys);
    plan.allowed_regions = std::move(fleet.allowed_regions);
    plan.regions = used_regions(replicas);
    plan.jobs = expand_jobs(replicas, plan);
    assert(plan.keys.size() <= kFleetKeysMax);
    assert(plan.jobs.size() <= kFleetJobsMax);
    for (FleetGroup& group : fleet.groups) {
        PlannedGroup& planned = plan.groups.emplace_back(
            PlannedGroup{std::move(group.name), std::move(group.parameters)});
        if (group.primaries.size() > 1) {
            planned.primaries = std::move(group.primaries);
        }
    }
    plan.sha256 = plan_sha256(plan);
    return plan;
}

}  // namespace keyferry::planner
