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

/// The event of a journal record: `sent` to `deferred` concern a job, the others the journal and
/// its runs.
enum class JournalEvent : std::uint8_t {
    open,       ///< the header: format, plan, account; once, record 0
    run,        ///< a process starts or resumes: pid, host, boot ID, version
    sent,       ///< a ReplicateKey is about to be sent; durable before its first byte is sent
    accepted,   ///< KMS has created the replica (it may still be Creating)
    done,       ///< the replica exists and is usable; includes its attribution
    failed,     ///< permanently refused by KMS
    conflict,   ///< an unusable or unrelated key exists in the replica's place
    unknown,    ///< the outcome of a sent call could not be determined; a rerun checks again
    deferred,   ///< neither failed nor done; a rerun resumes it
    end,        ///< the process finished or was stopped; all its job outcomes precede this record
    rewritten,  ///< this file was written from another journal: compacted, salvaged or replanned
    lost,       ///< unreadable records were left out here: jobs that are not done are unresolved
};

/// "open", "run", ...: the value of "ev" in a record.
[[nodiscard]] std::string_view name_of(JournalEvent event) noexcept;

/// The content of one record about one job. The journal adds sequence number, time and checksums.
/// Members that do not apply to the event stay empty and are not written.
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
    /// sent: how far KMS's clock is ahead of this machine's, if known from response dates.
    std::optional<std::chrono::milliseconds> kms_clock_ahead;
    std::optional<Attribution> attribution;  ///< done
    std::string key_state;                   ///< accepted, done, conflict: KMS's KeyState
    std::optional<double> creation_date_s;   ///< accepted, done: the replica's, epoch seconds
    std::string code;        ///< failed, unknown, deferred, conflict: the KMS error code
    std::string message;     ///< the same events: human-readable, bounded, never contains a secret
    std::string request_id;  ///< if KMS returned one
};

}  // namespace keyferry::engine
