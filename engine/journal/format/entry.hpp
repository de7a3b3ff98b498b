// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_phase.hpp"
#include "io/clock/moment.hpp"
#include "io/names/kms_api.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// The event of a journal record. `sent` to `pending` concern a job, `before` concerns a change of
/// a sync, and the others concern the journal and its runs.
enum class JournalEvent : std::uint8_t {
    open,      ///< the header: format, plan, account; once, record 0
    access,    ///< the rest of the header, since version 2: endpoint and callers (JournalAccess)
    run,       ///< a process starts or resumes a run: pid, host, boot ID, version
    sent,      ///< a request is about to be sent; durable before the request's first byte is sent
    accepted,  ///< KMS has created the replica (it may still be Creating)
    done,      ///< the replica exists and is usable; includes its attribution
    failed,    ///< permanently rejected by KMS
    conflict,  ///< an unrelated key is in the replica's place
    unknown,   ///< the outcome of a sent call could not be determined; a rerun checks again
    deferred,  ///< neither done nor failed; a rerun resumes it
    unusable,  ///< the replica exists, but needs action before it can be used; a rerun checks it
    blocked,   ///< it cannot be created now, and nothing was sent; a rerun evaluates it again
    pending,   ///< why the job was still open when the run ended. Not an outcome
    end,  ///< the process finished or was stopped; the outcomes of all its jobs precede this record
    rewritten,  ///< this file was written from another journal: compacted, salvaged or replanned
    lost,       ///< unreadable records are missing here: all jobs that are not done are unresolved
    before,     ///< in a sync: the previous and new values of a change, or part of them
};

/// "open", "run", ...: the value of "ev" in a record.
[[nodiscard]] std::string_view name_of(JournalEvent event) noexcept;

/// The event that records that a job has entered `phase`, which must not be not_started.
[[nodiscard]] JournalEvent event_of(JobPhase phase) noexcept;

/// The phase that a job enters with `event`; nullopt for events that do not change a job's phase.
[[nodiscard]] std::optional<JobPhase> phase_of(JournalEvent event) noexcept;

/// The content of a record about a job. The journal adds the sequence number, the time and the
/// checksums. Members that do not apply to the event are left empty and are not written.
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

    /// The operation that the job performs. Not written for ReplicateKey.
    io::KmsApi action = io::KmsApi::replicate_key;
    int attempt = 0;             ///< sent, accepted: the number of the attempt, from 1
    std::string request_digest;  ///< sent: see the planner's request_digest
    /// sent: how far KMS's clock is ahead of this machine's, if known from the dates of responses
    std::optional<std::chrono::milliseconds> kms_clock_ahead;
    std::optional<Attribution> attribution;  ///< done, unusable
    std::string key_state;                   ///< accepted, done, conflict, unusable: KMS's KeyState
    std::optional<double> creation_date_s;   ///< accepted, done, unusable: the replica's creation
                                             ///< date
    /// failed, unknown, deferred, conflict, pending: the KMS error code; blocked: a code for the
    /// reason
    std::string code;
    std::string message;     ///< same events as code; readable, of limited length, without secrets
    std::string request_id;  ///< if KMS returned one
    std::optional<io::WallTime> reason_time;  ///< pending: when KMS returned this reason
};

/// The content of a `before` record: one part of a change's previous and new values.
struct BeforeEntry {
    BeforeEntry(planner::JobIndex job_, const io::KeyArn& key_, io::KmsApi action_)
        : job(job_), key(&key_), action(action_) {}

    planner::JobIndex job;
    const io::KeyArn* key;  ///< the replica's ARN; never null
    io::KmsApi action;
    std::uint64_t part = 1;  ///< the number of the part, from 1 to `parts`
    std::uint64_t parts = 1;
    std::string_view text;  ///< one element of split_journal_text()
};

/// The number of throttled calls for an operation in a Region.
struct ThrottleCount {
    std::string api;     ///< "ReplicateKey"
    std::string region;  ///< the Region whose endpoint was called
    std::uint64_t calls = 0;

    friend bool operator==(const ThrottleCount&, const ThrottleCount&) = default;
};

/// Returns the number of calls by operation and Region, summed over all accounts.
[[nodiscard]] std::vector<ThrottleCount> throttle_counts(
    const std::vector<planner::QuotaCalls>& throttled);

/// The contents of an `end` record.
struct RunEndEntry {
    RunEndEntry() = default;
    explicit RunEndEntry(std::string_view how_) : how(how_) {}

    std::string how;  ///< "finished", "refused", "stopped"
    /// Why jobs were still open when the run ended, for example because KMS rejected every call;
    /// empty if they have no common reason.
    std::string code;
    std::string message;
    std::optional<io::WallTime> reason_time;  ///< when KMS returned this reason
    std::vector<ThrottleCount> throttles;     ///< one entry per operation and Region, for this run
                                              ///< only
};

}  // namespace keyferry::engine
