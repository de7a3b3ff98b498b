// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/executor.hpp"
#include "planner/plan/plan.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace keyferry::cli {

/// How a plan went in virtual time.
struct Rehearsal {
    engine::RunEnd end = engine::RunEnd::finished;
    std::chrono::duration<double> took{0};  ///< virtual
    engine::Progress progress;              ///< at the end
    std::uint64_t effects = 0;              ///< replicas that the simulator has made
    /// Replicas that were left out, since what is copied to them could not be read.
    std::uint64_t unreadable = 0;
};

/// Runs the plan with the executor that ships against a simulator, in virtual time: hours in
/// moments, and the same for the same seed. What the plan copies and does not know is read first.
/// Nothing is written anywhere.
[[nodiscard]] Rehearsal rehearse(const planner::Plan& plan,
                                 const simulator::SimulatorSettings& settings);

/// The same against `kms`, which holds the plan's primaries and has not been used before (see
/// fill_simulator); `seed` drives the jitter and the round trips.
[[nodiscard]] Rehearsal rehearse(const planner::Plan& plan,
                                 simulator::SimulatedKms& kms,
                                 std::uint64_t seed);

/// For people; no newline at the end.
[[nodiscard]] std::string rehearsal_text(const Rehearsal& rehearsal);

}  // namespace keyferry::cli
