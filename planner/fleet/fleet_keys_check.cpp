// SPDX-License-Identifier: Apache-2.0
#include "planner/fleet/fleet_keys_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

/// Account and key ID, which related keys have in common.
struct RelatedKeys {
    const io::KeyArn* arn = nullptr;

    friend bool operator==(const RelatedKeys& a, const RelatedKeys& b) {
        return a.arn->key_id == b.arn->key_id && a.arn->account == b.arn->account;
    }
};

struct RelatedKeysHash {
    std::size_t operator()(const RelatedKeys& keys) const noexcept {
        return std::hash<std::string_view>()(keys.arn->key_id.text());
    }
};

struct FirstUse {
    const SpecKey* key = nullptr;
    const FleetGroup* group = nullptr;
};

using FirstUses = std::unordered_map<RelatedKeys, FirstUse, RelatedKeysHash>;

/// Returns whether two keys of the fleet may be related: false if all key IDs have different
/// hashes. Comparing sorted hashes is five times faster than building the hash table that finds the
/// related ones.
bool may_have_repeated_keys(const FleetSpec& fleet, std::size_t key_count) {
    std::vector<std::size_t> hashes;
    hashes.reserve(key_count);
    for (const FleetGroup& group : fleet.groups) {
        for (const SpecKey& key : group.keys) {
            hashes.push_back(std::hash<std::string_view>()(key.primary.key_id.text()));
        }
    }
    std::sort(hashes.begin(), hashes.end());
    return std::adjacent_find(hashes.begin(), hashes.end()) != hashes.end();
}

/// Reports that `key` in `group` is already used at `first`.
void report_repeated(const SpecKey& key,
                     const FleetGroup& group,
                     const FirstUse& first,
                     DiagnosticList& problems) {
    const std::string place = problems.text_of(first.key->where);
    const std::string& id = key.primary.key_id.text();
    if (first.key->primary.region != key.primary.region) {
        problems.error(key.where,
                       fmt::format("{} is listed with primary Region {} here but with {} at {}; a "
                                   "multi-Region key has only one primary, so list only that one",
                                   id,
                                   key.primary.region.name(),
                                   first.key->primary.region.name(),
                                   place));
    } else if (first.group != &group) {
        problems.error(key.where,
                       fmt::format("{} is already in group '{}' ({}); a key can be in only one "
                                   "group, so list all its Regions there",
                                   id,
                                   first.group->name,
                                   place));
    } else {
        problems.warning(key.where,
                         fmt::format("{} is listed twice in this group, first at {}", id, place));
    }
}

/// Reports duplicate keys and keeps one of each in its group.
void drop_repeated_keys(FleetSpec& fleet, std::size_t key_count, DiagnosticList& problems) {
    FirstUses first_uses;
    first_uses.reserve(key_count);
    std::vector<std::vector<std::size_t>> repeated(fleet.groups.size());
    for (std::size_t g = 0; g < fleet.groups.size(); ++g) {
        const FleetGroup& group = fleet.groups[g];
        for (std::size_t k = 0; k < group.keys.size(); ++k) {
            const SpecKey& key = group.keys[k];
            const auto [first, is_new] =
                first_uses.emplace(RelatedKeys{&key.primary}, FirstUse{&key, &group});
            if (!is_new) {
                report_repeated(key, group, first->second, problems);
                repeated[g].push_back(k);
            }
        }
    }
    first_uses.clear();  // it points into the lists that change below
    for (std::size_t g = 0; g < fleet.groups.size(); ++g) {
        if (repeated[g].empty()) {
            continue;
        }
        std::vector<SpecKey> kept;
        std::size_t next_repeated = 0;
        for (std::size_t k = 0; k < fleet.groups[g].keys.size(); ++k) {
            if (next_repeated < repeated[g].size() && repeated[g][next_repeated] == k) {
                ++next_repeated;
            } else {
                kept.push_back(std::move(fleet.groups[g].keys[k]));
            }
        }
        fleet.groups[g].keys = std::move(kept);
    }
}

}  // namespace

void check_fleet_keys(FleetSpec& fleet, DiagnosticList& problems) {
    std::size_t key_count = 0;
    std::size_t job_count = 0;
    bool selects = false;
    for (const FleetGroup& group : fleet.groups) {
        selects = selects || group.select;
        key_count += group.keys.size();
        const std::size_t regions =
            group.regions.size() + std::max<std::size_t>(1, group.primaries.size()) - 1;
        job_count += group.keys.size() * regions;  // no overflow: both are bounded
    }
    if (key_count > kFleetKeysMax) {
        problems.error(SourcePosition{},
                       fmt::format("the fleet has more than {} keys, which is the maximum for one "
                                   "plan; split the spec",
                                   kFleetKeysMax));
        return;
    }
    if (job_count > kFleetJobsMax) {
        problems.error(SourcePosition{},
                       fmt::format("the fleet has {} replicas, more than the maximum of {} for one "
                                   "plan; split the spec",
                                   job_count,
                                   kFleetJobsMax));
    }
    if (key_count == 0 && !selects && !problems.has_errors()) {
        problems.error(SourcePosition{}, "the fleet has no keys: all key lists are empty");
    }
    if (may_have_repeated_keys(fleet, key_count)) {
        drop_repeated_keys(fleet, key_count, problems);
    }
}

}  // namespace keyferry::planner
