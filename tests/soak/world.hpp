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

/// Everything outside the program: KMS, its events, and the state that is kept across processes.
/// Knows the truth about each job, from the ledger and not from the journal.
class World {
  public:
    /// The kind of a replica in a job's place that the program did not create, if any.
    enum class ForeignReplica : std::uint8_t { none, usable, unusable };

    World(const SoakFleet& fleet, const Failures& failures, std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Applies all events that are due.
    void advance_to(io::Moment now);
    /// The time of the next event.
    std::optional<io::Moment> next_event() const;

    const planner::Plan& plan() const noexcept { return fleet_.plan; }
    simulator::SimulatedKms& kms() noexcept { return kms_; }
    const simulator::SimulatedKms& kms() const noexcept { return kms_; }
    /// How often the program has created the job's replica, according to the ledger.
    std::uint32_t effects(planner::JobIndex job) const { return effects_[job]; }
    ForeignReplica foreign_replica(planner::JobIndex job) const { return foreign_replicas_[job]; }
    /// KMS has responded to the job's ReplicateKey with a final error at least once.
    bool was_refused(planner::JobIndex job) const { return refused_[job]; }
    /// The job cannot be finished in the current state of the world.
    bool is_unfinishable(planner::JobIndex job) const;

    /// When a ReplicateKey on this key was last sent, by any process.
    std::unordered_map<std::string, io::Moment> last_change;

    /// Called once, with the next effect; pass an empty function to cancel.
    void at_next_effect(std::function<void()> action) { at_next_effect_ = std::move(action); }

    void violated(io::Moment when, std::string what);
    const std::vector<std::string>& violations() const noexcept { return violations_; }

    /// Adds `bytes` to the digest that distinguishes two soaks.
    void digest(std::string_view bytes);
    /// 16 hexadecimal digits; call once, at the end.
    std::string digest_text();

  private:
    void note(const simulator::LedgerEntry& entry);
    void note_refusal(const simulator::LedgerEntry& entry);
    void note_effect(const simulator::LedgerEntry& entry);
    void apply_event(const WorldEvent& event);

    const SoakFleet& fleet_;
    const Failures& failures_;
    simulator::SimulatedKms kms_;
    std::size_t applied_events_ = 0;
    std::unordered_map<std::string, planner::JobIndex> job_at_;  ///< by account, key id and Region
    std::vector<std::uint32_t> effects_;                         ///< by job
    std::vector<ForeignReplica> foreign_replicas_;               ///< by job
    std::vector<bool> refused_;                                  ///< by job
    std::vector<bool> disabled_;                                 ///< by key
    std::function<void()> at_next_effect_;
    std::vector<std::string> violations_;
    io::Sha256 digest_;
    std::string line_;  // kept for its memory
};

}  // namespace keyferry::soak
