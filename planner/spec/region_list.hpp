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

/// Maximum number of entries in one list of Regions: a Region set, replicate_to or exclude. AWS has
/// about forty Regions.
inline constexpr std::size_t kRegionEntriesMax = 200;

/// [region_sets]: named lists of Regions, which groups reference as "@name".
struct RegionSet {
    SourcePosition where;
    std::vector<io::Region> regions;
    bool used = false;
};
using RegionSets = std::map<std::string, RegionSet, std::less<>>;

/// Parses a Region. A malformed Region is reported as an error. A Region that this version does not
/// recognize, because it is new or misspelled, is reported as a warning. Both messages suggest a
/// known Region that is one edit away.
[[nodiscard]] std::optional<io::Region> read_region(const Located<std::string>& text,
                                                    DiagnosticList& problems);

/// Reads the table [region_sets].
[[nodiscard]] RegionSets read_region_sets(const SpecNode& table, DiagnosticList& problems);

/// A Region in a group's replicate_to, and where the spec lists it.
struct ReplicaRegion {
    io::Region region;
    SourcePosition where;
    std::string set;  ///< name of the Region set; empty if the Region is listed directly
};

/// Reads `replicate_to` and `exclude` of a group: Regions and "@set"s, without the excluded
/// Regions. The result is sorted by Region and has no duplicates. Marks the sets as used. Reports a
/// missing `replicate_to` if it `is_required`.
[[nodiscard]] std::vector<ReplicaRegion> read_replica_regions(TableReader& group,
                                                              RegionSets& sets,
                                                              bool is_required,
                                                              DiagnosticList& problems);

/// Checks that keys with a primary in Region `primary` can be replicated to `replicas`: they must
/// be in the same partition, the primary's own Region must not be listed directly (if it is in a
/// set, it is skipped), and at least one Region must remain, unless the keys are replicated to
/// other primary Regions (`has_others`).
void check_against_primary(const std::vector<ReplicaRegion>& replicas,
                           const io::Region& primary,
                           bool has_others,
                           const TableReader& group,
                           DiagnosticList& problems);

}  // namespace keyferry::planner
