// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/soak/contents.hpp"
#include "tests/soak/dice.hpp"
#include "tests/soak/interruptions.hpp"
#include "tests/soak/life.hpp"
#include "tests/soak/machine.hpp"
#include "tests/soak/sync_draw.hpp"
#include "tests/soak/sync_life.hpp"
#include "tests/soak/world.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace keyferry::soak {

/// The second part of a soak. Syncs existing replicas and undoes the syncs, one process after
/// another, until the replicas match the spec or have their previous values.
class SyncSoak {
  public:
    /// `world` and `machine` must outlive this. The syncs begin at `now`.
    SyncSoak(std::uint64_t seed,
             SyncDraw draw,
             World& world,
             Machine& machine,
             io::Moment now,
             std::function<void(const std::string&)> log);
    ~SyncSoak();
    SyncSoak(const SyncSoak&) = delete;
    SyncSoak& operator=(const SyncSoak&) = delete;

    /// Runs until it is complete or an invariant is violated.
    void run();

    [[nodiscard]] io::Moment now() const noexcept { return now_; }
    [[nodiscard]] std::size_t lives() const noexcept { return lives_; }

  private:
    void live();
    void after_life(const SyncLife& life,
                    io::Moment start,
                    LifeEnd end,
                    const std::optional<Interruption>& interruption);
    void check_end(const SyncLife& life,
                   io::Moment start,
                   LifeEnd end,
                   const std::optional<Interruption>& interruption);
    void check_journal(const SyncLife& life, LifeEnd end);
    void check_counts(const SyncLife& life, const engine::JournalReplay& replay);
    void check_comparison(const SyncLife& life, io::Moment start);
    void check_skipped(const SyncLife& life);
    [[nodiscard]] std::vector<std::string> left() const;
    void finished(const SyncLife& life);
    void begin_undo();
    [[nodiscard]] bool is_denied_for_good(const io::KeyArn& replica) const;
    void log_line(const std::string& text) const;

    SyncDraw draw_;
    World& world_;
    Machine& machine_;
    io::Moment now_;
    io::Moment deadline_;
    std::function<void(const std::string&)> log_;
    Dice dice_;
    Contents contents_;
    std::vector<TimedAction> actions_;
    Interruptions interruptions_;
    std::vector<SyncJournal> journals_;
    bool is_clock_right_ = true;
    bool is_disk_ever_full_ = false;
    bool is_undoing_ = false;
    bool is_over_ = false;
    std::size_t lives_ = 0;
    std::size_t syncs_ = 0;
    std::size_t calm_lives_ = 0;
};

}  // namespace keyferry::soak
