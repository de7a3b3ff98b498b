// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>

namespace keyferry::bench {

/// A lower bound for the time from a plan's first ReplicateKey to its last.
struct LowerBound {
    /// Set by the quotas: the largest BucketLoad::seconds of a ReplicateKey or CreateKey quota.
    double quota_s = 0;
    /// Set by the keys: one second between calls on the key with the most replicas.
    double key_s = 0;
    double seconds() const { return quota_s > key_s ? quota_s : key_s; }
};
LowerBound lower_bound(const planner::Plan& plan);

/// Results of a run with the production executor and the simulator in virtual time, without faults,
/// according to the simulator's ledger. The simulator has the plan's quotas.
struct MeasuredRun {
    bool finished = false;  ///< the run finished and every replica was created
    double makespan_s = 0;  ///< from the arrival of the first ReplicateKey to that of the last
    /// From the arrival of the last ReplicateKey to the end of the run.
    double creation_wait_s = 0;
    double whole_s = 0;              ///< duration of the run
    std::uint64_t throttled = 0;     ///< calls that the simulator throttled
    std::uint64_t windows_over = 0;  ///< quotas that were exceeded in some one-second window
    /// Utilization of the quota that sets the bound, between 5 % and 95 % of the makespan. 1 is the
    /// maximum that its share and whole calls per second allow.
    double bottleneck_use = 0;
};
MeasuredRun measured_run(const planner::Plan& plan, std::uint64_t seed);

}  // namespace keyferry::bench
