// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {

/// Length of a timestamp in a record: "2026-08-26T12:00:00.123Z".
inline constexpr std::size_t kJournalTimeBytes = 24;

/// Writes `time` as kJournalTimeBytes characters to `at`, which must have space for them. Times
/// outside the years 0000 to 9999 are clamped. Returns the end.
[[nodiscard]] char* write_journal_time(char* at, io::WallTime time) noexcept;

/// Returns the timestamp as a string.
[[nodiscard]] std::string journal_time(io::WallTime time);

/// Parses such a timestamp. Returns nullopt for any other format or an invalid date.
[[nodiscard]] std::optional<io::WallTime> read_journal_time(std::string_view text) noexcept;

/// Parses a sequence of timestamps like read_journal_time, but faster: if a timestamp is in the
/// same minute as the previous one, as most are, only its seconds are parsed.
class JournalMinute {
  public:
    /// Returns false and leaves `time` unchanged for any other format or an invalid date.
    bool read(std::string_view text, io::WallTime& time) noexcept;

  private:
    static constexpr std::size_t kBytes = 17;  // 2026-08-26T12:00:
    std::array<char, kBytes> text_{};
    std::optional<io::WallTime> start_;
};

/// Writes `text` (UTF-8 or arbitrary bytes from a server) as the content of a JSON string in
/// printable ASCII. Quotes and backslashes are escaped as \" and \\. Everything outside 0x20 to
/// 0x7e is escaped as \uXXXX in lowercase hex, with surrogate pairs for characters above U+FFFF.
/// Invalid UTF-8 is written as \ufffd. Writes at most `bytes_max` characters (at least 3) to `at`,
/// which must have space for them; a longer text is truncated and ends with "...". Returns the end.
[[nodiscard]] char* write_journal_text(char* at,
                                       std::string_view text,
                                       std::size_t bytes_max) noexcept;

/// Decodes the content of a JSON string written by write_journal_text to UTF-8. Returns nullopt if
/// it contains other escapes or a character that should have been escaped.
[[nodiscard]] std::optional<std::string> read_journal_text(std::string_view escaped);

/// Splits `text` into parts, never within a character, such that write_journal_text can write each
/// part in `bytes_max` characters (at least 24) without truncating it. Returns at least one part.
/// The parts point into `text`.
[[nodiscard]] std::vector<std::string_view> split_journal_text(std::string_view text,
                                                               std::size_t bytes_max);

}  // namespace keyferry::engine
