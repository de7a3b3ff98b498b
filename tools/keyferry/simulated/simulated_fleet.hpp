// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"
#include "planner/plan/plan.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

namespace keyferry::cli {

/// A simulator that holds the plan's primaries, enabled and with what the plan copies of them as
/// far as that is known (else KMS's default policy, no description and no tags), and whose request
/// quotas are the ones that the plan believes in, so that a rehearsal meets the limits that the
/// real run would.
void fill_simulator(simulator::SimulatedKms& kms, const planner::Plan& plan);

/// Makes the replicas that an earlier simulated run had made: its simulator ended with it.
void restore_replicas(simulator::SimulatedKms& kms,
                      const planner::Plan& plan,
                      const engine::JournalReplay& replay);

}  // namespace keyferry::cli
