// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "tests/soak/contents.hpp"
#include "tests/soak/failures.hpp"
#include "tests/soak/fleet.hpp"
#include "tests/soak/soak.hpp"
#include "tools/simulator/values/duration_range.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::soak {

/// A change of a key by another caller.
struct OthersChange {
    io::Moment at;
    PropertyChange change;
};

/// The syncs after a fleet has been replicated, and the events during the syncs.
struct SyncDraw {
    planner::Plan plan;              ///< some of the fleet's keys, with groups that set contents
    Failures failures;               ///< from the start of the syncs on
    simulator::DurationRange stale;  ///< how long reads are stale
    std::vector<PropertyChange> before;   ///< changes by others before the syncs
    std::vector<OthersChange> meanwhile;  ///< changes by others during the syncs, ordered by time
    std::vector<PropertyChange> before_undo;
    /// Whether the user names the parts to sync. Otherwise, a sync does not enable Disabled
    /// replicas, unless the spec sets `enabled`.
    bool names_parts = false;
    bool is_undone = false;
    /// The syncs are undone after this number of processes, even if they are not complete.
    std::optional<std::size_t> syncs_max;
    /// The time that the changes take at the plan's rates.
    std::chrono::duration<double> least_time{0};
};

/// Whether the soak of this seed has syncs.
[[nodiscard]] bool has_syncs(std::uint64_t seed);

/// Generates random syncs for a soak of `fleet`. They begin at `start`.
[[nodiscard]] SyncDraw draw_syncs(std::uint64_t seed,
                                  const SoakFleet& fleet,
                                  io::Moment start,
                                  SoakHours hours);

/// A multi-line description.
[[nodiscard]] std::string description(const SyncDraw& draw);

}  // namespace keyferry::soak
