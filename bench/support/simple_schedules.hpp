// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

namespace keyferry::bench {

// What is done without a scheduler, to compare with: seconds from the first ReplicateKey of a plan
// to its last, in the plan's order, every call answered at once. Calls on one key need not keep
// apart, which favours these.

/// One queue over the buckets that a run uses: each call waits until both of its quotas have room,
/// and all behind it wait too.
double one_queue_seconds(const planner::Plan& plan);

/// One rate for all calls, as scripts do it: the largest that no quota minds, whichever Regions the
/// calls go to.
double fixed_rate_seconds(const planner::Plan& plan);

}  // namespace keyferry::bench
