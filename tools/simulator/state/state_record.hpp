// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// The records of a state file, in order, one on each line. A record's first member, "crc32c", is
/// the checksum of the rest of its line and of all records before it, so that missing, repeated and
/// moved lines are detected as well as changed ones.
class RecordChain {
  public:
    /// Appends a line: `record` is a JSON object with at least one member.
    void append(std::string_view record, std::string& text);

    /// Whether the next line, without its newline, continues the chain.
    [[nodiscard]] std::optional<io::ParseProblem> verify(std::string_view line);

  private:
    std::uint32_t checksum_ = 0;  ///< checksum of the last record
};

/// The name of the first member after the checksum; empty if the line is not a record.
[[nodiscard]] std::string_view state_record_kind(std::string_view line);

/// Parses a line that was verified.
[[nodiscard]] io::Parsed<boost::json::object> parse_state_record(std::string_view line);

}  // namespace keyferry::simulator
