// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Length of a time in a record: "2026-08-26T12:00:00.123Z".
inline constexpr std::size_t kJournalTimeBytes = 24;

/// Writes `time` as kJournalTimeBytes characters to `at`, which must have room. Times outside the
/// years 0000 to 9999 are written as the nearest time inside. Returns the end.
[[nodiscard]] char* write_journal_time(char* at, io::WallTime time) noexcept;

/// The same as a string.
[[nodiscard]] std::string journal_time(io::WallTime time);

/// The reverse; nothing for any other form, or a date that is none.
[[nodiscard]] std::optional<io::WallTime> read_journal_time(std::string_view text) noexcept;

/// Reads times one after the other, as read_journal_time does. Most are of the minute of the one
/// before, and then only what follows the minute is read.
class JournalMinute {
  public:
    /// False, and `time` is as it was, for any other form or a date that is none.
    bool read(std::string_view text, io::WallTime& time) noexcept;

  private:
    static constexpr std::size_t kBytes = 17;  // 2026-08-26T12:00:
    std::array<char, kBytes> text_{};
    std::optional<io::WallTime> start_;
};

/// Writes `text` (UTF-8, or whatever a server sent) as the inside of a JSON string in printable
/// ASCII: \" and \\, everything else outside 0x20 to 0x7e as \uXXXX in lower-case hex, in surrogate
/// pairs above U+FFFF; bytes that are no UTF-8 as \ufffd. Uses at most `bytes_max` characters (at
/// least 3); a longer text is cut and ends in "...". `at` must have that much room. Returns the
/// end.
[[nodiscard]] char* write_journal_text(char* at,
                                       std::string_view text,
                                       std::size_t bytes_max) noexcept;

/// The text behind the inside of a JSON string that write_journal_text made, as UTF-8. Nothing for
/// an escape of another form or a character that should have been escaped.
[[nodiscard]] std::optional<std::string> read_journal_text(std::string_view escaped);

}  // namespace keyferry::engine
