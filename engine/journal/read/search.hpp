// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Finds records in arbitrary bytes: after garbage or zeros, after half of another record, with no
/// newline before or after them. Checks only the frame.
///
/// A record begins with `{"n":` and ends with the first `,"c":"` after that, its checksum and `"}`;
/// the format allows neither anywhere else in a record. Therefore every byte is examined only a
/// bounded number of times.
class JournalSearch {
  public:
    /// Adds the next chunk, of any size. Keeps a copy of one chunk and of less than a record.
    void feed(std::string_view chunk);

    /// Returns the next record of the data fed so far, or false if more data is needed. `frame`
    /// points into this object and is valid until the next feed().
    bool next(JournalFrame& frame);

    /// Offsets of the begin and end of the record found by next() (excluding its newline), in bytes
    /// from the first byte fed.
    [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::uint64_t end() const noexcept { return dropped_ + at_; }

  private:
    /// The result of examining a possible start of a record at `at_`.
    enum class Candidate : std::uint8_t { record, no_record, not_all_here };
    Candidate examine(JournalFrame& frame);

    std::string bytes_;
    std::size_t at_ = 0;         ///< everything before has been examined
    std::uint64_t dropped_ = 0;  ///< bytes dropped before bytes_
    std::uint64_t begin_ = 0;
};

}  // namespace keyferry::engine
