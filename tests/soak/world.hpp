// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/checksum/sha256.hpp"
#include "tests/soak/failures.hpp"
#include "tests/soak/fleet.hpp"
#include "tools/simulator/service/simulated_kms.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace keyferry::soak {

/// An event at a given time.
struct TimedAction {
    io::Moment at;
    std::function<void()> act;
};

/// Everything outside the program: KMS, its events, and the state that is kept across processes.
/// The true state of each job comes from the ledger, not from the journal.
class World {
  public:
    enum class Credentials : std::uint8_t { good, missing, refused };

    /// Whether a replica that another caller created exists in place of the job's replica, and
    /// whether it is usable.
    enum class ForeignReplica : std::uint8_t { none, usable, unusable };

    World(const SoakFleet& fleet, const Failures& failures, std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Ends the replication phase and begins the syncs, for which `failures` apply. `events` are
    /// other callers' changes, ordered by time. Both arguments must outlive this.
    void begin_syncs(const Failures& failures, const std::vector<TimedAction>& events);

    /// Applies all events that are due.
    void advance_to(io::Moment now);
    /// The time of the next event.
    std::optional<io::Moment> next_event() const;

    const planner::Plan& plan() const noexcept { return fleet_.plan; }
    simulator::SimulatedKms& kms() noexcept { return kms_; }
    const simulator::SimulatedKms& kms() const noexcept { return kms_; }
    /// Another caller deletes the job's replica, which no process of the program is changing.
    void remove_replica(planner::JobIndex job, io::Moment now);
    /// Whether the job's replica was deleted and has not been created again.
    bool is_removed(planner::JobIndex job) const { return removed_[job]; }
    /// Whether the job's primary has been Disabled at any time.
    bool was_primary_disabled(planner::JobIndex job) const {
        return was_disabled_[plan().jobs[job].key];
    }
    /// How many times the program has created the job's replica, according to the ledger, since the
    /// replica was last deleted.
    std::uint32_t effects(planner::JobIndex job) const { return effects_[job]; }
    ForeignReplica foreign_replica(planner::JobIndex job) const { return foreign_replicas_[job]; }
    /// Whether KMS has responded to the job's ReplicateKey with a final error at least once.
    bool was_refused(planner::JobIndex job) const { return refused_[job]; }
    /// Whether the job cannot be finished in the current state of the world.
    bool is_unfinishable(planner::JobIndex job) const;

    Credentials credentials_of(const io::AccountId& account, io::Moment now) const;
    /// Whether every account of the plan was without usable credentials at some time in this
    /// period.
    bool were_all_credentials_lost(io::Moment from, io::Moment until) const;
    /// Whether any account was without usable credentials at some time in this period.
    bool were_credentials_lost(io::Moment from, io::Moment until) const;
    /// The fraction of this Region's successful responses that are incomplete.
    double incomplete_rate(const io::Region& region, io::Moment now) const;
    /// Whether calls to this Region's endpoint fail before they are sent.
    bool is_unreachable(const io::Region& region, io::Moment now) const;
    /// Returns the job of this ReplicateKey if the request is denied.
    std::optional<planner::JobIndex> denied_job(const io::AccountRegion& place,
                                                const io::ReplicateKeyRequest& request,
                                                io::Moment now) const;
    /// Records that a request's journal entry was written before the program had measured its
    /// clock's difference from KMS's clock. If the response is lost and the clock is then adjusted,
    /// the creator of the replica cannot be determined.
    void note_unmeasured(planner::JobIndex job) { unmeasured_[job] = true; }
    bool was_unmeasured(planner::JobIndex job) const { return clock_changes_ && unmeasured_[job]; }
    /// Records that a process of the program starts.
    void begin_life() { failed_attempts_.clear(); }
    /// Records that a request sent at `sent_at` has now failed for a reason other than throttling
    /// or a quota.
    void note_failed_attempt(const io::AccountRegion& place,
                             const io::ReplicateKeyRequest& request,
                             io::Moment sent_at,
                             io::Moment now);
    /// Whether the process has made all attempts that one run guarantees for the job: attempts_max
    /// requests have failed, and the last of them was sent at least 5 minutes after the first
    /// failure.
    bool is_exhausted(planner::JobIndex job) const;
    /// Whether there was an outage at some time in this period.
    bool had_outage(io::Moment from, io::Moment until) const;
    /// Records that KMS has denied the job's request.
    void note_denied(planner::JobIndex job) { refused_[job] = true; }
    bool is_denied(planner::JobIndex job) const { return failures_->troubles.denied[job]; }
    /// Whether changes of this replica are denied.
    bool is_write_denied(const std::string& replica, io::Moment now) const;
    /// Whether a run cannot finish the job until mend() is called, because the endpoint is dead or
    /// the account has no credentials.
    bool waits_for_mending(planner::JobIndex job) const;
    /// Whether the computer has been asleep for longer than a run waits for a Creating replica. The
    /// wait may then end after a single further check of the replica or probe of a parked scope.
    bool was_asleep_for_long() const;
    /// Makes dead endpoints reachable and renews all credentials, as a user would.
    void mend();

    /// When a ReplicateKey on this key was last sent, by any process.
    std::unordered_map<std::string, io::Moment> last_change;

    /// Called with every request that has reached KMS; pass an empty function to cancel.
    void on_entry(std::function<void(const simulator::LedgerEntry& entry)> action) {
        on_entry_ = std::move(action);
    }
    /// Called once, with the next effect; pass an empty function to cancel.
    void at_next_effect(std::function<void()> action) { at_next_effect_ = std::move(action); }

    void violated(io::Moment when, std::string what);
    const std::vector<std::string>& violations() const noexcept { return violations_; }

    /// Adds `bytes` to the digest, by which two soaks can be compared.
    void digest(std::string_view bytes);
    /// 16 hexadecimal digits; call once, at the end.
    std::string digest_text();

  private:
    struct FailedAttempts {
        int count = 0;
        io::Moment first_failed_at{};
        io::Moment last_sent_at{};
    };

    std::optional<planner::JobIndex> job_of(const io::AccountRegion& place,
                                            const io::ReplicateKeyRequest& request) const;
    void note(const simulator::LedgerEntry& entry);
    void note_refusal(const simulator::LedgerEntry& entry);
    void note_effect(const simulator::LedgerEntry& entry);
    void apply_event(const WorldEvent& event);
    bool was_lost(const io::AccountId& account, io::Moment from, io::Moment until) const;

    const SoakFleet& fleet_;
    const Failures* failures_;
    simulator::SimulatedKms kms_;
    std::size_t applied_events_ = 0;
    const std::vector<TimedAction>* actions_ = nullptr;
    std::size_t applied_actions_ = 0;
    std::unordered_map<std::string, planner::JobIndex> job_at_;  ///< by account, key ID and Region
    std::vector<std::uint32_t> effects_;                         ///< by job
    std::vector<ForeignReplica> foreign_replicas_;               ///< by job
    std::vector<bool> refused_;                                  ///< by job
    std::vector<bool> removed_;                                  ///< by job
    std::vector<bool> disabled_;                                 ///< by key
    std::vector<bool> was_disabled_;                             ///< by key
    std::vector<bool> unmeasured_;                               ///< by job
    std::unordered_map<planner::JobIndex, FailedAttempts> failed_attempts_;  ///< in this process
    bool clock_changes_ = false;  ///< whether the clock changes after the start of the soak
    bool is_mended_ = false;
    std::function<void()> at_next_effect_;
    std::function<void(const simulator::LedgerEntry& entry)> on_entry_;
    std::vector<std::string> violations_;
    io::Sha256 digest_;
    std::string line_;  // reused to avoid allocations
};

}  // namespace keyferry::soak
