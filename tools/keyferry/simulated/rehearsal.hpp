// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/run/executor.hpp"
#include "planner/plan/plan.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace keyferry::cli {

/// The result of running a plan in virtual time.
struct Rehearsal {
    engine::RunEnd end = engine::RunEnd::finished;
    std::chrono::duration<double> took{0};  ///< virtual time
    engine::Progress progress;              ///< progress at the end of the run
    std::uint64_t effects = 0;              ///< replicas created by the simulator
    /// Replicas left out because the policies or tags to copy could not be read.
    std::uint64_t unreadable = 0;
};

/// Runs the plan with the production executor against a simulator in virtual time. The result is
/// deterministic for a given seed. If the plan does not yet contain the policies and tags to copy,
/// reads them first. Writes no files.
[[nodiscard]] Rehearsal rehearse(const planner::Plan& plan,
                                 const simulator::SimulatorSettings& settings);

/// Rehearses against `kms`, which contains the plan's primaries (see fill_simulator) and has not
/// been used before. `seed` determines jitter and round-trip times.
[[nodiscard]] Rehearsal rehearse(const planner::Plan& plan,
                                 simulator::SimulatedKms& kms,
                                 std::uint64_t seed);

/// Returns the result as text, without a trailing newline.
[[nodiscard]] std::string rehearsal_text(const Rehearsal& rehearsal);

}  // namespace keyferry::cli
