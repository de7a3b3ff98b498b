// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keyferry::cli {

/// What became known of jobs in the records `lines` (as JournalWriter::on_unwritten gives them),
/// which a journal that has failed could not keep: a sentence each. Records of requests that were
/// about to leave say nothing of the kind and are left out.
[[nodiscard]] std::vector<std::string> unwritten_notes(std::string_view lines);

/// The same for programs: {"unwritten":RECORD} each, as the record would stand in the journal.
[[nodiscard]] std::vector<std::string> unwritten_json(std::string_view lines);

}  // namespace keyferry::cli
