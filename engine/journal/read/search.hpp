// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/parse.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::engine {

/// Finds records in bytes that may be anything: behind garbage or zeros, behind the first half of
/// another record, with no newline before or after them. Only the frame is checked.
///
/// A record begins with `{"n":` and ends with the first `,"c":"` behind it, its checksum and `"}`;
/// the format lets neither stand anywhere else in a record. So every byte is looked at a fixed
/// number of times, whatever the bytes are.
class JournalSearch {
  public:
    /// Takes what follows the bytes before, in chunks of any size. Keeps a copy of one chunk and
    /// of less than a record.
    void feed(std::string_view chunk);

    /// The next record in what was fed; false: feed more. `frame` points into this object, up to
    /// the next feed().
    bool next(JournalFrame& frame);

    /// Where the record that next() has found begins and ends (its newline not counted), in bytes
    /// from the first that was fed.
    [[nodiscard]] std::uint64_t begin() const noexcept { return begin_; }
    [[nodiscard]] std::uint64_t end() const noexcept { return dropped_ + at_; }

  private:
    /// What is at `at_`, where a record may begin.
    enum class Candidate : std::uint8_t { record, no_record, not_all_here };
    Candidate look(JournalFrame& frame);

    std::string bytes_;
    std::size_t at_ = 0;         ///< everything before has been looked at
    std::uint64_t dropped_ = 0;  ///< bytes before bytes_
    std::uint64_t begin_ = 0;
};

}  // namespace keyferry::engine
