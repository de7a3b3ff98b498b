// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/fleet_spec.hpp"
#include "planner/toml/spec_source.hpp"
#include "planner/toml/table_reader.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Entries of one list of Regions: of a Region set, replicate_to or exclude. AWS has some forty
/// Regions.
inline constexpr std::size_t kRegionEntriesMax = 200;

/// [region_sets]: Regions under one name, which groups use as "@name".
struct RegionSet {
    SourcePosition where;
    std::vector<io::Region> regions;
    bool used = false;
};
using RegionSets = std::map<std::string, RegionSet, std::less<>>;

/// Reads `text` as a Region. A malformed one is an error, one that this program does not know (a
/// new one, or a slip of the pen) a warning; both suggest the known Region that is one step away.
[[nodiscard]] std::optional<io::Region> read_region(const Located<std::string>& text,
                                                    DiagnosticList& problems);

/// Reads the table [region_sets].
[[nodiscard]] RegionSets read_region_sets(const SpecNode& table, DiagnosticList& problems);

/// One Region of a group's replicate_to, and how it came there.
struct ReplicaRegion {
    io::Region region;
    SourcePosition where;
    std::string set;  ///< name of the Region set; empty where the Region itself is written
};

/// Reads `replicate_to` and `exclude` of a group: Regions and "@set"s, without those excluded;
/// sorted by Region, none twice. Marks the sets as used.
[[nodiscard]] std::vector<ReplicaRegion> read_replica_regions(TableReader& group,
                                                              RegionSets& sets,
                                                              DiagnosticList& problems);

/// Checks that keys in the Region `primary` can be replicated to `replicas`: the same partition,
/// not the primary's own Region (a set may hold it: it is passed over), and something left.
void check_against_primary(const std::vector<ReplicaRegion>& replicas,
                           const io::Region& primary,
                           const TableReader& group,
                           DiagnosticList& problems);

}  // namespace keyferry::planner
