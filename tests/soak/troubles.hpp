// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"
#include "tests/soak/fleet.hpp"
#include "tools/simulator/service/fault_plan.hpp"
#include "tools/simulator/values/duration_range.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::soak {

/// Something that happens in the world whatever the program does.
struct WorldEvent {
    enum class Kind : std::uint8_t {
        creating_changes,  ///< new replicas stay Creating for `creating`
        replica_made,      ///< somebody else makes the replica of `job`, in `state`
        primary_disabled,  ///< of `key`
        primary_enabled,   ///< of `key`
    };
    io::Moment at;
    Kind kind;
    simulator::DurationRange creating;
    planner::JobIndex job = 0;
    std::uint32_t key = 0;
    io::KeyState state = io::KeyState::enabled;
};

/// What ends a life of the program from outside.
struct Interruption {
    enum class Kind : std::uint8_t {
        kill,        ///< the process is gone, and what was not synced with it
        stop,        ///< SIGINT: Executor::stop()
        disk_fails,  ///< from now on no sync succeeds
    };
    /// What it waits for from `at` on: the moments at which it hurts are short.
    enum class Wait : std::uint8_t {
        nothing,
        sync,    ///< the next sync of the journal, in the middle of it
        effect,  ///< the next replica that is made, before its answer is back
    };
    io::Moment at;
    Kind kind;
    Wait wait = Wait::nothing;
    std::size_t unsynced_bytes_kept = 0;
};

/// All that goes wrong in a soak, by time.
struct Troubles {
    simulator::FaultSettings faults;
    std::vector<WorldEvent> events;           ///< by time
    std::vector<Interruption> interruptions;  ///< by time
    /// Nothing new goes wrong after this, but for faults that befall a few calls of all.
    io::Moment calm_at;
};

/// Draws the troubles of a soak of `fleet` that should be over at `end`.
Troubles draw_troubles(std::uint64_t seed, const SoakFleet& fleet, io::Moment end);

/// Several lines for people.
std::string description(const Troubles& troubles);

/// "1:02:03.004"
std::string clock_text(io::Moment moment);

}  // namespace keyferry::soak
