// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Appends a record to the text of a state file, as one line. `record` is a JSON object with at
/// least one member. The line has an additional first member, "crc32c", with the checksum of the
/// rest of the line.
void append_state_record(std::string_view record, std::string& text);

/// Returns the name of the record's first member after the checksum; empty if the line is not a
/// record. Does not verify the checksum.
[[nodiscard]] std::string_view state_record_kind(std::string_view line);

/// Verifies the checksum of a line, without its newline, and parses it.
[[nodiscard]] io::Parsed<boost::json::object> parse_state_record(std::string_view line);

}  // namespace keyferry::simulator
