// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

namespace keyferry::bench {

// Simple methods without a scheduler, for comparison: seconds from a plan's first ReplicateKey to
// its last, in the plan's order, with instant responses. Calls on one key need not be spaced apart,
// which favors these methods.

/// One queue over the buckets that a run uses: each call waits until both of its quotas allow it,
/// and all calls behind it wait as well.
double one_queue_seconds(const planner::Plan& plan);

/// One rate for all calls, as in simple scripts: the highest rate that exceeds no quota, regardless
/// of the calls' Regions.
double fixed_rate_seconds(const planner::Plan& plan);

}  // namespace keyferry::bench
