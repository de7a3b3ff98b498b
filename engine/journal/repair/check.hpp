// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/entry.hpp"
#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/recovery.hpp"
#include "engine/journal/read/replay.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

inline constexpr std::size_t kJournalEvents = 17;

/// The result of checking a whole journal.
struct JournalCheck {
    JournalCheck() = default;

    JournalScan scan;
    bool held = false;     ///< a process is using it, so a torn tail may be a write in progress
    JournalReplay replay;  ///< the replay of the valid part
    /// The number of valid records by event, indexed by JournalEvent. records_skipped counts those
    /// with unknown events.
    std::array<std::uint64_t, kJournalEvents> records{};
    std::uint64_t records_skipped = 0;

    [[nodiscard]] std::uint64_t records_of(JournalEvent event) const noexcept {
        return records[static_cast<std::size_t>(event)];
    }
    /// Whether a run can resume from the journal.
    [[nodiscard]] bool is_usable() const noexcept {
        return scan.state == JournalState::whole || scan.state == JournalState::torn_tail ||
               scan.state == JournalState::empty;
    }
};

/// "whole", "torn tail", "damaged", ...
[[nodiscard]] std::string_view name_of(JournalState state) noexcept;

/// Reads and checks the journal at `path` from start to end, without locking it or affecting a
/// process that is writing to it. Returns a problem only if the file cannot be read; damage is
/// described in the result.
[[nodiscard]] JournalResult<JournalCheck> check_journal(const std::string& path);

/// Describes, in one to three sentences, the state of the journal at `path` and what the user
/// should do.
[[nodiscard]] std::string verdict_text(const JournalCheck& check, const std::string& path);

}  // namespace keyferry::engine
