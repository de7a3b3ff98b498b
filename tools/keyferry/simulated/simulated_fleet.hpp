// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"
#include "planner/plan/plan.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

namespace keyferry::cli {

/// Adds the plan's primaries to the simulator. They are Enabled and have the policy, description
/// and tags that the plan copies, if these are known. Otherwise they have KMS's default policy, no
/// description and no tags. Also sets the plan's request quotas, so that a rehearsal is limited in
/// the same way as a real run.
void fill_simulator(simulator::SimulatedKms& kms, const planner::Plan& plan);

/// Creates the replicas of an earlier simulated run. This is necessary because the simulator of
/// that run ended with its process.
void restore_replicas(simulator::SimulatedKms& kms,
                      const planner::Plan& plan,
                      const engine::JournalReplay& replay);

}  // namespace keyferry::cli
