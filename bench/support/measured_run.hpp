// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>

namespace keyferry::bench {

/// No run of a plan takes less from its first ReplicateKey to its last.
struct LowerBound {
    /// Of the quotas: the largest BucketLoad::seconds of a ReplicateKey or CreateKey quota.
    double quota_s = 0;
    /// Of the keys: a second between the calls on the key with the most replicas.
    double key_s = 0;
    double seconds() const { return quota_s > key_s ? quota_s : key_s; }
};
LowerBound lower_bound(const planner::Plan& plan);

/// A run by the executor that ships, over the simulator, in virtual time, without faults: what the
/// simulator's ledger says of it. The simulator has the quotas of the plan.
struct MeasuredRun {
    bool finished = false;           ///< and every replica made
    double makespan_s = 0;           ///< from the first ReplicateKey's arrival to the last one's
    double creation_wait_s = 0;      ///< from there to the end of the run
    double whole_s = 0;              ///< of the run
    std::uint64_t throttled = 0;     ///< calls that the simulator refused
    std::uint64_t windows_over = 0;  ///< quotas of which some one-second window saw too much
    /// Of the quota that sets the bound, what was used between a twentieth of the makespan and
    /// nineteen twentieths of it; 1 is all that its share and whole calls a second allow.
    double bottleneck_use = 0;
};
MeasuredRun measured_run(const planner::Plan& plan, std::uint64_t seed);

}  // namespace keyferry::bench
