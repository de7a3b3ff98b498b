// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/flow_control.hpp"
#include "engine/job/job_phase.hpp"
#include "planner/plan/quota.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::engine {

/// Live counters for a run's progress line. They are not used for the run's report, which is
/// created from its journal.
struct Progress {
    std::size_t jobs = 0;  ///< number of jobs in the plan
    JobCounts ended;       ///< only jobs with an outcome, including those that ended in earlier
                           ///< processes

    std::size_t begun = 0;     ///< jobs in progress: in flight or Creating
    std::size_t in_doubt = 0;  ///< jobs in progress that are being checked because a response was
                               ///< lost
    /// Jobs that are done according to the journal, but whose replicas have not been checked yet.
    /// At the end of a run, these are the jobs that could not be checked.
    std::size_t unchecked = 0;
    /// Jobs in progress, excluding those in doubt, that are waiting to retry a call because of
    /// throttling or another problem, such as a server error or missing credentials.
    std::size_t waiting_throttled = 0;
    std::size_t waiting_otherwise = 0;
    std::size_t in_flight = 0;                   ///< calls without a response yet
    std::uint64_t calls = 0;                     ///< calls sent by this process
    std::uint64_t throttled = 0;                 ///< calls of this process that were throttled
    std::vector<planner::QuotaCalls> throttles;  ///< `throttled` by account, Region and API
    /// The number of parked scopes, such as accounts, endpoints and pairs of Regions. Their calls
    /// wait until a probe succeeds.
    std::size_t parked = 0;
    std::chrono::milliseconds probe_in{0};  ///< time until the next probe
    /// The first parked scope of the widest kind; nullopt if no scope is parked.
    std::optional<ScopeNews> parked_scope;
    /// The time that the queued calls need at the current rates, excluding the wait for Creating
    /// replicas.
    std::chrono::duration<double> drain_time{0};
};

}  // namespace keyferry::engine
