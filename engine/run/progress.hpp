// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace keyferry::engine {

/// Live counters of a run, for a progress line. The report of a run is made from its journal.
struct Progress {
    std::size_t jobs = 0;  ///< in the plan
    // Over, by outcome; jobs that earlier processes finished are counted in.
    std::size_t created = 0;
    std::size_t created_reconciled = 0;
    std::size_t existed = 0;
    std::size_t failed = 0;
    std::size_t conflicts = 0;
    std::size_t unknown = 0;
    std::size_t deferred = 0;

    std::size_t begun = 0;        ///< jobs under way, those in flight and those Creating
    std::size_t in_doubt = 0;     ///< of those, jobs whose answer was lost and that are looked for
    std::size_t in_flight = 0;    ///< calls without an answer yet
    std::uint64_t calls = 0;      ///< sent by this process
    std::uint64_t throttled = 0;  ///< answers of this process that said "too fast"
    /// How long the queued calls need at the present rates, without what Creating takes.
    std::chrono::duration<double> drain_time{0};

    /// Counts a job that is over by its outcome.
    void count(const JobEnd& end);

    [[nodiscard]] std::size_t done() const noexcept {
        return created + created_reconciled + existed;
    }
    [[nodiscard]] std::size_t over() const noexcept {
        return done() + failed + conflicts + unknown + deferred;
    }
};

}  // namespace keyferry::engine
