// SPDX-License-Identifier: Apache-2.0
#include "planner/spec/region_list.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/text/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr char kSetMark = '@';

std::string suggest_set(std::string_view name, const RegionSets& sets) {
    std::vector<std::string_view> names;
    for (const auto& [set_name, set] : sets) {
        names.push_back(set_name);
    }
    return did_you_mean(name, names);
}

/// Returns the Regions that one entry of replicate_to or exclude refers to.
std::vector<ReplicaRegion> read_entry(const Located<std::string>& entry,
                                      RegionSets& sets,
                                      DiagnosticList& problems) {
    std::vector<ReplicaRegion> regions;
    if (!entry.value.starts_with(kSetMark)) {
        if (sets.find(entry.value) != sets.end()) {
            problems.error(entry.where,
                           fmt::format("{} is a Region set; write \"{}{}\"",
                                       io::in_quotes(entry.value),
                                       kSetMark,
                                       entry.value));
        } else if (std::optional<io::Region> region = read_region(entry, problems)) {
            regions.push_back(ReplicaRegion{*std::move(region), entry.where, ""});
        }
        return regions;
    }
    const std::string name = entry.value.substr(1);
    const auto set = sets.find(name);
    if (set == sets.end()) {
        problems.error(
            entry.where,
            fmt::format(
                "[region_sets] has no set {}{}", io::in_quotes(name), suggest_set(name, sets)));
        return regions;
    }
    set->second.used = true;
    for (const io::Region& region : set->second.regions) {
        regions.push_back(ReplicaRegion{region, entry.where, name});
    }
    return regions;
}

/// Sorts by Region and removes duplicates. Prefers a Region that is listed directly to one from a
/// set.
void drop_repeated(std::vector<ReplicaRegion>& regions, DiagnosticList& problems) {
    std::stable_sort(regions.begin(), regions.end(), [](const auto& a, const auto& b) {
        return a.region != b.region ? a.region < b.region : a.set.empty() > b.set.empty();
    });
    std::vector<ReplicaRegion> kept;
    for (ReplicaRegion& next : regions) {
        if (kept.empty() || kept.back().region != next.region) {
            kept.push_back(std::move(next));
        } else if (next.set.empty()) {
            problems.warning(next.where,
                             fmt::format("Region {} is listed twice", next.region.name()));
        }
    }
    regions = std::move(kept);
}

void exclude_regions(std::vector<ReplicaRegion>& replicas,
                     const std::vector<Located<std::string>>& exclude,
                     RegionSets& sets,
                     DiagnosticList& problems) {
    const bool replicas_known = !replicas.empty();
    const std::vector<ReplicaRegion> all = replicas;
    for (const Located<std::string>& entry : exclude) {
        const std::size_t errors_before = problems.error_count();
        const std::vector<ReplicaRegion> without = read_entry(entry, sets, problems);
        const auto is_excluded = [&](const ReplicaRegion& replica) {
            return std::any_of(without.begin(), without.end(), [&](const ReplicaRegion& other) {
                return other.region == replica.region;
            });
        };
        if (replicas_known && problems.error_count() == errors_before &&
            std::none_of(all.begin(), all.end(), is_excluded)) {
            problems.warning(entry.where,
                             fmt::format("exclude lists {}, which is not in replicate_to",
                                         io::in_quotes(entry.value)));
        }
        std::erase_if(replicas, is_excluded);
    }
}

/// Reads the entries of a list of Regions, up to kRegionEntriesMax.
std::vector<Located<std::string>> read_entries(TableReader& table,
                                               std::string_view key,
                                               DiagnosticList& problems) {
    std::vector<Located<std::string>> entries = table.strings(key);
    if (entries.size() > kRegionEntriesMax) {
        problems.error(entries[kRegionEntriesMax].where,
                       fmt::format("{} in {} has {} entries; the maximum is {}",
                                   io::in_quotes(key),
                                   table.name(),
                                   entries.size(),
                                   kRegionEntriesMax));
        entries.erase(entries.begin() + kRegionEntriesMax, entries.end());
    }
    return entries;
}

}  // namespace

std::optional<io::Region> read_region(const Located<std::string>& text, DiagnosticList& problems) {
    io::Parsed<io::Region> region = io::Region::parse(text.value);
    if (!region) {
        problems.error(text.where, region.error().text + did_you_mean_region(text.value));
        return std::nullopt;
    }
    if (!io::is_known_region(*region)) {
        problems.warning(text.where,
                         fmt::format("this version of keyferry does not recognize Region {}{}",
                                     io::in_quotes(text.value),
                                     did_you_mean_region(text.value)));
    }
    return *std::move(region);
}

RegionSets read_region_sets(const SpecNode& table, DiagnosticList& problems) {
    RegionSets sets;
    TableReader reader(table, "[region_sets]", problems);
    for (const SpecMember& member : std::get<SpecNode::Table>(table.value)) {
        const std::size_t errors_before = problems.error_count();
        RegionSet& set = sets[member.key];
        set.where = member.key_where;
        for (const Located<std::string>& text : read_entries(reader, member.key, problems)) {
            if (text.value.starts_with(kSetMark)) {
                problems.error(text.where, "a Region set can contain only Regions, not other sets");
                continue;
            }
            if (std::optional<io::Region> region = read_region(text, problems)) {
                if (std::find(set.regions.begin(), set.regions.end(), *region) !=
                    set.regions.end()) {
                    problems.warning(text.where,
                                     fmt::format("Region {} is listed twice", region->name()));
                }
                set.regions.push_back(*std::move(region));
            }
        }
        if (set.regions.empty() && problems.error_count() == errors_before) {
            problems.error(member.key_where,
                           fmt::format("the Region set {} is empty", io::in_quotes(member.key)));
        }
    }
    return sets;
}

std::vector<ReplicaRegion> read_replica_regions(TableReader& group,
                                                RegionSets& sets,
                                                bool is_required,
                                                DiagnosticList& problems) {
    if (is_required) {
        group.require("replicate_to",
                      "list the replica Regions: replicate_to = [\"<Region>\", \"@<Region set>\"]");
    }
    const std::size_t errors_before = problems.error_count();
    std::vector<ReplicaRegion> replicas;
    for (const Located<std::string>& entry : read_entries(group, "replicate_to", problems)) {
        std::vector<ReplicaRegion> regions = read_entry(entry, sets, problems);
        std::move(regions.begin(), regions.end(), std::back_inserter(replicas));
    }
    drop_repeated(replicas, problems);
    const bool had_regions = !replicas.empty();
    exclude_regions(replicas, read_entries(group, "exclude", problems), sets, problems);
    const SpecNode* written = group.find("replicate_to");
    if (replicas.empty() && written != nullptr && problems.error_count() == errors_before) {
        problems.error(written->where,
                       had_regions ? "exclude leaves no Region to replicate to"
                                   : "replicate_to is empty: list at least one Region");
    }
    return replicas;
}

void check_against_primary(const std::vector<ReplicaRegion>& replicas,
                           const io::Region& primary,
                           bool has_others,
                           const TableReader& group,
                           DiagnosticList& problems) {
    // An empty list has already been reported.
    bool has_target = has_others || replicas.empty();
    for (const ReplicaRegion& replica : replicas) {
        if (replica.region == primary) {
            if (replica.set.empty()) {
                has_target = true;
                problems.error(replica.where,
                               fmt::format("{} is the primary's own Region; remove it (it is "
                                           "allowed only in a Region set, where it is skipped)",
                                           primary.name()));
            }
            continue;
        }
        has_target = true;
        if (!(replica.region.partition() == primary.partition())) {
            problems.error(
                replica.where,
                fmt::format("{}{} is in partition {}, but the primary's Region {} is in {}; KMS "
                            "replicates only within one partition",
                            replica.set.empty() ? "" : fmt::format("@{}: ", replica.set),
                            replica.region.name(),
                            replica.region.partition().name,
                            primary.name(),
                            primary.partition().name));
        }
    }
    if (!has_target) {
        problems.error(group.where(),
                       fmt::format("{} has keys in {} and no other Region to replicate them to",
                                   group.name(),
                                   primary.name()));
    }
}

}  // namespace keyferry::planner
