// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/journal/format/entry.hpp"
#include "planner/plan/plan.hpp"

#include <string>

namespace keyferry::engine {

/// A journal entry about a job of the plan, with nothing but its names filled in. It points into
/// the plan.
[[nodiscard]] JobEntry job_entry(const planner::Plan& plan,
                                 JournalEvent event,
                                 planner::JobIndex job);

/// KMS has accepted ReplicateKey number `attempt`, and the replica is not ready yet.
[[nodiscard]] JobEntry accepted_entry(const planner::Plan& plan,
                                      planner::JobIndex job,
                                      int attempt,
                                      const io::CallSuccess<io::ReplicateKeyResult>& success);

/// The job is over.
[[nodiscard]] JobEntry end_entry(const planner::Plan& plan,
                                 planner::JobIndex job,
                                 const JobEnd& end);

/// The end of a job whose intent was journalled when the run was told to stop: without this it
/// would be in doubt, and a rerun would look for its replica before it sends.
[[nodiscard]] JobEnd not_sent_after_all();

}  // namespace keyferry::engine
