// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::fuzz {

/// Reads `bytes` as a journal and aborts, naming the invariant, unless all of these hold:
///
/// - the chunk size makes no difference;
/// - state, records and proof match a straightforward implementation of the recovery rule (in
///   journal_laws.cpp, independent of JournalScanner);
/// - the good part on its own is whole, has the same tail and replays to the same state;
/// - a run can append to a whole journal and to the good part of a torn one;
/// - re-encoding a parsed record yields the same bytes if the writer could have written its
///   members, and otherwise a record that parses to the same values.
void check_journal_laws(std::string_view bytes);

}  // namespace keyferry::fuzz
