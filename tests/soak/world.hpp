// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/checksum/sha256.hpp"
#include "tests/soak/fleet.hpp"
#include "tests/soak/troubles.hpp"
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

/// Everything outside of the program: KMS, what happens there, and what is remembered of it from
/// life to life. Knows for each job what is true, by the ledger and not by the journal.
class World {
  public:
    /// Whose replica stands where a job's should be, if not the program's own.
    enum class Stranger : std::uint8_t { none, usable, unusable };

    World(const SoakFleet& fleet, const Troubles& troubles, std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Lets everything happen whose time has come.
    void go_on_until(io::Moment now);
    /// When the next thing happens.
    std::optional<io::Moment> next_event() const;

    const planner::Plan& plan() const noexcept { return fleet_.plan; }
    simulator::SimulatedKms& kms() noexcept { return kms_; }
    const simulator::SimulatedKms& kms() const noexcept { return kms_; }
    /// How often the program has made the job's replica, by the ledger.
    std::uint32_t effects(planner::JobIndex job) const { return effects_[job]; }
    Stranger stranger(planner::JobIndex job) const { return strangers_[job]; }
    /// KMS has once answered the job's ReplicateKey with something that is final.
    bool was_refused(planner::JobIndex job) const { return refused_[job]; }
    /// Nobody can finish this job as the world is now.
    bool is_hopeless(planner::JobIndex job) const;

    /// When a ReplicateKey on this key was last sent, in whichever life.
    std::unordered_map<std::string, io::Moment> last_change;

    /// Called with the next effect, once; empty for nothing.
    void at_next_effect(std::function<void()> action) { at_next_effect_ = std::move(action); }

    void violated(io::Moment when, std::string what);
    const std::vector<std::string>& violations() const noexcept { return violations_; }

    /// Mixes `bytes` into what tells two soaks apart.
    void digest(std::string_view bytes);
    /// 16 hexadecimal digits; once, at the end.
    std::string digest_text();

  private:
    void note(const simulator::LedgerEntry& entry);
    void note_refusal(const simulator::LedgerEntry& entry);
    void note_effect(const simulator::LedgerEntry& entry);
    void happen(const WorldEvent& event);

    const SoakFleet& fleet_;
    const Troubles& troubles_;
    simulator::SimulatedKms kms_;
    std::size_t events_over_ = 0;
    std::unordered_map<std::string, planner::JobIndex> job_at_;  ///< by account, key id and Region
    std::vector<std::uint32_t> effects_;                         ///< by job
    std::vector<Stranger> strangers_;                            ///< by job
    std::vector<bool> refused_;                                  ///< by job
    std::vector<bool> disabled_;                                 ///< by key
    std::function<void()> at_next_effect_;
    std::vector<std::string> violations_;
    io::Sha256 digest_;
    std::string line_;  // kept for its memory
};

}  // namespace keyferry::soak
