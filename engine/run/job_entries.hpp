// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/journal/format/entry.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::engine {

/// Returns a journal entry for a job in the plan. Only the event and the job's number, key and
/// Region are set. The entry points into the plan.
[[nodiscard]] JobEntry job_entry(const planner::Plan& plan,
                                 JournalEvent event,
                                 planner::JobIndex job);

/// Returns the entry for a ReplicateKey call that KMS has accepted, whose replica is not ready yet.
/// `attempt` is the number of the attempt.
[[nodiscard]] JobEntry accepted_entry(const planner::Plan& plan,
                                      planner::JobIndex job,
                                      int attempt,
                                      const io::CallSuccess<io::ReplicateKeyResult>& success);

/// Returns the entry for the end of a job.
[[nodiscard]] JobEntry end_entry(const planner::Plan& plan,
                                 planner::JobIndex job,
                                 const JobEnd& end);

}  // namespace keyferry::engine
