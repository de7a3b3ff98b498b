// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::cli {

/// Describes the outcomes that could not be written to the journal, in one sentence per job.
/// `lines` are the records passed to JournalWriter::on_unwritten. `sent` records are omitted,
/// because requests that are about to be sent have no outcome yet.
[[nodiscard]] std::vector<std::string> unwritten_notes(std::string_view lines);

/// Returns the outcomes as JSON objects {"unwritten":RECORD}, with the record in the journal's
/// format.
[[nodiscard]] std::vector<std::string> unwritten_json(std::string_view lines);

}  // namespace keyferry::cli
