// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"
#include "io/file/memory_append_file.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace keyferry::soak {

/// A change to the computer on which the program runs.
struct MachineEvent {
    enum class Kind : std::uint8_t {
        disk_slows,     ///< a sync takes up to `amount` ms from now on
        disk_fills,     ///< the disk has `amount` bytes left
        disk_has_room,  ///< the disk has enough space again
        clock_is_set,   ///< the wall clock is adjusted by `amount` ms
        sleeps,   ///< the computer sleeps for `amount` ms; wall clocks then advance by this much
                  ///< more than monotonic clocks
        freezes,  ///< the program is frozen for `amount` ms while all clocks continue, as after
                  ///< SIGSTOP
    };
    io::Moment at;
    Kind kind;
    std::int64_t amount = 0;
};

[[nodiscard]] std::string_view name_of(MachineEvent::Kind kind) noexcept;

/// The computer on which the program runs: the disk with the journal, the wall clock, and whether
/// the computer is awake. A Machine must outlive the processes that run on it.
class Machine {
  public:
    /// `events` must be ordered by time and outlive this.
    Machine(const std::vector<MachineEvent>& events, std::uint64_t seed);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    /// Replaces the events with others, which must outlive this. The disk and the clock do not
    /// change.
    void change_events(const std::vector<MachineEvent>& events);

    /// Applies the events that are due, up to the next sleep. With `skips_sleeps`, sleeps are
    /// skipped instead.
    void advance_to(io::Moment now, bool skips_sleeps);
    /// The time of the next event that is not a sleep.
    [[nodiscard]] std::optional<io::Moment> next_event() const;
    /// The next sleep, if it is the next event.
    [[nodiscard]] const MachineEvent* next_sleep() const;
    /// Applies the next sleep. Its duration has passed, so the time is now `now`.
    void wake_up(io::Moment now);

    /// The latest file on the disk.
    io::MemoryAppendFile& file() noexcept { return *files_.back(); }
    /// Adds a file, which becomes file().
    void add_file();
    /// Calls `action` in the middle of each sync of file(), even if file() changes. Null: cancels
    /// this.
    void while_syncing(std::function<void()> action);
    [[nodiscard]] bool is_disk_full() const noexcept { return is_disk_full_; }
    /// How long the next sync takes.
    std::chrono::nanoseconds draw_sync_time();

    /// How far the computer's wall clock is ahead of the clock of the virtual world.
    [[nodiscard]] const std::chrono::milliseconds& clock_ahead() const noexcept {
        return clock_ahead_;
    }
    /// How far KMS's clock is ahead of the virtual world's. KMS's clock does not stop while this
    /// computer sleeps.
    [[nodiscard]] const std::chrono::milliseconds& kms_ahead() const noexcept { return kms_ahead_; }

    /// When the computer last woke up.
    [[nodiscard]] std::optional<io::Moment> woken_at() const noexcept { return woken_at_; }

  private:
    const std::vector<MachineEvent>* events_;
    std::size_t applied_events_ = 0;
    std::vector<std::unique_ptr<io::MemoryAppendFile>> files_;
    std::function<void()> while_syncing_;
    simulator::SeededRandom random_;
    std::chrono::milliseconds sync_time_max_{0};
    bool is_disk_full_ = false;
    std::uint64_t bytes_left_ = 0;  ///< free space for a new file if the disk is full
    std::chrono::milliseconds clock_ahead_{0};
    std::chrono::milliseconds kms_ahead_{0};
    std::optional<io::Moment> woken_at_;
};

}  // namespace keyferry::soak
