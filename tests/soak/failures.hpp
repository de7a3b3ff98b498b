// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"
#include "tests/soak/fleet.hpp"
#include "tests/soak/troubles.hpp"
#include "tools/simulator/service/fault_plan.hpp"
#include "tools/simulator/values/duration_range.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::soak {

/// An event in the simulated world, independent of the program.
struct WorldEvent {
    enum class Kind : std::uint8_t {
        creating_changes,  ///< new replicas stay in Creating for `creating`
        replica_created,   ///< another caller creates the replica of `job`, in `state`
        primary_disabled,  ///< a primary, given by `key`, is disabled
        primary_enabled,   ///< a primary, given by `key`, is enabled
    };
    io::Moment at;
    Kind kind;
    simulator::DurationRange creating;
    planner::JobIndex job = 0;
    std::uint32_t key = 0;
    io::KeyState state = io::KeyState::enabled;
};

/// An interruption of the program from outside.
struct Interruption {
    enum class Kind : std::uint8_t {
        kill,        ///< the process is killed and unsynced data is lost
        stop,        ///< SIGINT: Executor::stop()
        disk_fails,  ///< every sync fails from now on
    };
    /// From `at` on, the interruption waits for this event, so that it is likely to hit short
    /// critical phases.
    enum class Wait : std::uint8_t {
        nothing,
        sync,    ///< the middle of the next sync of the journal
        effect,  ///< the next replica that is created, before the response
    };
    io::Moment at;
    Kind kind;
    Wait wait = Wait::nothing;
    std::size_t unsynced_bytes_kept = 0;
};

/// All failures of a soak, by time.
struct Failures {
    /// Whether one run must handle all failures. In that case, nothing interrupts the run, and all
    /// failures end.
    bool is_mild = false;
    simulator::FaultSettings faults;
    std::vector<WorldEvent> events;           ///< ordered by time
    std::vector<Interruption> interruptions;  ///< ordered by time
    Troubles troubles;
    /// After this time, no new failures occur, except faults that affect a small fraction of all
    /// calls.
    io::Moment calm_at;
};

/// Whether the soak of this seed is mild.
bool is_mild(std::uint64_t seed);

/// Generates random failures for a soak of `fleet`. They end at `end`.
Failures draw_failures(std::uint64_t seed, const SoakFleet& fleet, io::Moment end);

/// A multi-line description.
std::string description(const Failures& failures);

}  // namespace keyferry::soak
