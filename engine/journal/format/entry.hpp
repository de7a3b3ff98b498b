// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_outcome.hpp"
#include "planner/plan/plan.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// What a journal record tells: `sent` to `deferred` about a job, the others about the journal and
/// its runs.
enum class JournalEvent : std::uint8_t {
    open,       ///< the header: format, plan, account; once, record 0
    run,        ///< a process begins or resumes: pid, host, boot, version
    sent,       ///< a ReplicateKey is about to leave; durable before its first byte does
    accepted,   ///< KMS has made the replica (it may still be Creating)
    done,       ///< the replica is there and usable, and how it came to be
    failed,     ///< KMS refused for good
    conflict,   ///< something else stands where the replica should be
    unknown,    ///< the outcome of a sent call could not be learned; a rerun asks again
    deferred,   ///< not failed, not done: a rerun would go on with it
    end,        ///< the process has finished or was stopped; every job's outcome stands before this
    rewritten,  ///< this file was made from another journal: compacted, salvaged or for a new plan
    lost,       ///< here stood records that could not be read: jobs that are not done are in doubt
};

/// "open", "run", ...: the value of "ev" in a record.
[[nodiscard]] std::string_view name_of(JournalEvent event) noexcept;

/// One record about one job: what the engine knows to say. The journal adds sequence, time and
/// checksums. Members that do not fit the event stay empty and are not written.
struct JobEntry {
    JobEntry(JournalEvent event_,
             planner::JobIndex job_,
             const io::KeyArn& primary_,
             const io::Region& region_)
        : event(event_), job(job_), primary(&primary_), region(&region_) {}

    JournalEvent event;
    planner::JobIndex job;
    const io::KeyArn* primary;  ///< never null; points into the plan
    const io::Region* region;   ///< never null; the replica's Region; points into the plan

    int attempt = 0;             ///< sent, accepted: 1 for the first
    std::string request_digest;  ///< sent: planner's request_digest
    /// sent: how far KMS's clock is ahead of this machine's, where its answers have told it.
    std::optional<std::chrono::milliseconds> kms_clock_ahead;
    std::optional<Attribution> attribution;  ///< done
    std::string key_state;                   ///< accepted, done, conflict: KMS's KeyState
    std::optional<double> creation_date_s;   ///< accepted, done: the replica's, epoch seconds
    std::string code;                        ///< failed, unknown, deferred, conflict: KMS's code
    std::string message;                     ///< the same: in words, bounded, never a secret
    std::string request_id;                  ///< whenever KMS gave one
};

}  // namespace keyferry::engine
