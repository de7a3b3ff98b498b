// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Finds records in arbitrary bytes, even after garbage, zeros or half of another record, and even
/// if there is no newline before or after them. Checks only the frame of a record (see
/// JournalFrame).
///
/// A record begins with `{"n":` and ends with the first `,"c":"` after that, followed by the
/// checksum and `"}`. Neither `{"n":` nor `,"c":"` may occur anywhere else in a record, so every
/// byte is examined only a bounded number of times.
class JournalSearch {
  public:
    /// Adds the next chunk, which may have any size. Keeps a copy of at most that chunk and a
    /// partial record before it.
    void feed(std::string_view chunk);

    /// Finds the next record in the data fed so far. Returns false if more data is needed. `frame`
    /// points into this object and is valid until the next feed().
    bool next(JournalFrame& frame);

    /// The offsets of the beginning and end of the record found by next(), excluding its newline,
    /// in bytes from the first byte that was fed.
    [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::uint64_t end() const noexcept { return dropped_ + at_; }

  private:
    /// The result of examining a possible start of a record at `at_`.
    enum class Candidate : std::uint8_t { record, no_record, not_all_here };
    Candidate examine(JournalFrame& frame);

    std::string bytes_;
    std::size_t at_ = 0;         ///< everything before this has been examined
    std::uint64_t dropped_ = 0;  ///< bytes dropped before bytes_
    std::uint64_t begin_ = 0;
};

}  // namespace keyferry::engine
