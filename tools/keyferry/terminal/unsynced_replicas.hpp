// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_arn.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "planner/summary/replica_check.hpp"

#include <boost/json/array.hpp>

#include <string>
#include <utility>
#include <vector>

namespace keyferry::cli {

/// Replicas that a sync does not bring in line with the spec, for the same reason.
struct UnsyncedReplicas {
    UnsyncedReplicas(planner::ReplicaProblem problem_, std::vector<io::KeyArn> replicas_)
        : problem(std::move(problem_)), replicas(std::move(replicas_)) {}

    planner::ReplicaProblem problem;
    std::vector<io::KeyArn> replicas;  ///< of problem.jobs
};

/// Returns the result of planner::unsynced_replicas() with the ARNs of the replicas. The
/// arguments must belong to each other.
[[nodiscard]] std::vector<UnsyncedReplicas> list_unsynced(const planner::ReviewedPlan& reviewed,
                                                          const planner::Inventory& inventory,
                                                          const std::vector<bool>& changes_state);

/// The section of a sync's report: the number of replicas by reason, the first of them and what to
/// do. Empty if there are none.
[[nodiscard]] std::string unsynced_text(const std::vector<UnsyncedReplicas>& unsynced);

/// [{status, reason, replicas, advice, affected: [ARN]}], as in the report of `keyferry check`.
[[nodiscard]] boost::json::array unsynced_json(const std::vector<UnsyncedReplicas>& unsynced);

/// Returns the combined_exit_code() of all of them: exit_jobs_failed if someone must act (the
/// replica is unusable, its primary has moved, or a policy cannot be parsed), exit_permission if
/// access was denied, and exit_work_left if a rerun may be enough.
[[nodiscard]] int exit_code_of(const std::vector<UnsyncedReplicas>& unsynced);

}  // namespace keyferry::cli
