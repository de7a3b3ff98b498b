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

/// Live counters of a run for the progress line. Reports of a run are created from its journal.
struct Progress {
    std::size_t jobs = 0;  ///< number of jobs in the plan
    JobCounts ended;  ///< only jobs with an outcome, including those that earlier processes ended

    std::size_t begun = 0;     ///< jobs in progress: in flight or Creating
    std::size_t in_doubt = 0;  ///< jobs in progress whose response was lost and that are being
                               ///< checked
    /// Jobs that the journal records as done and whose replicas have not been checked yet. At the
    /// end of a run, those that could not be checked.
    std::size_t unchecked = 0;
    /// Jobs in progress, excluding those in doubt, that wait to repeat a call: because KMS
    /// throttled it, or for another reason, such as a server error or missing credentials.
    std::size_t waiting_throttled = 0;
    std::size_t waiting_otherwise = 0;
    std::size_t in_flight = 0;                   ///< calls without a response yet
    std::uint64_t calls = 0;                     ///< sent by this process
    std::uint64_t throttled = 0;                 ///< throttled responses in this process
    std::vector<planner::QuotaCalls> throttles;  ///< the same by account, Region and API
    /// The number of accounts, endpoints and pairs of Regions whose calls wait for a probe to
    /// succeed.
    std::size_t parked = 0;
    std::chrono::milliseconds probe_in{0};  ///< time until the next of these probes
    /// The first parked scope of the widest kind; nullopt if no scope is parked.
    std::optional<ScopeNews> parked_scope;
    /// Time needed for the queued calls at the current rates, excluding the wait for Creating
    /// replicas.
    std::chrono::duration<double> drain_time{0};
};

}  // namespace keyferry::engine
