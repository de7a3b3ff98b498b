// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace keyferry::engine {

/// Live counters of a run for the progress line. Reports of a run are created from its journal.
struct Progress {
    std::size_t jobs = 0;  ///< in the plan
    // Ended jobs by outcome, including those of earlier processes.
    std::size_t created = 0;
    std::size_t created_reconciled = 0;
    std::size_t existed = 0;
    std::size_t failed = 0;
    std::size_t conflicts = 0;
    std::size_t unknown = 0;
    std::size_t deferred = 0;

    std::size_t begun = 0;        ///< jobs in progress: in flight or Creating
    std::size_t in_doubt = 0;     ///< of those, jobs with a lost response that are being checked
    std::size_t in_flight = 0;    ///< calls without a response yet
    std::uint64_t calls = 0;      ///< sent by this process
    std::uint64_t throttled = 0;  ///< throttled responses in this process
    /// Accounts, endpoints and pairs of Regions whose calls wait for a probe to succeed.
    std::size_t parked = 0;
    std::chrono::milliseconds probe_in{0};  ///< until the next of these probes
    /// Time needed for the queued calls at the current rates, excluding the wait for Creating
    /// replicas.
    std::chrono::duration<double> drain_time{0};

    /// Counts an ended job by its outcome.
    void count(const JobEnd& end);

    [[nodiscard]] std::size_t done() const noexcept {
        return created + created_reconciled + existed;
    }
    [[nodiscard]] std::size_t over() const noexcept {
        return done() + failed + conflicts + unknown + deferred;
    }
};

}  // namespace keyferry::engine
