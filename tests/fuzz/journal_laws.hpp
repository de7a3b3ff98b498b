// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::fuzz {

/// Reads `bytes` as a journal and aborts, naming the invariant, unless all of these hold:
///
/// - the result does not depend on the chunk size;
/// - the state, the records and the proof match a straightforward implementation of the recovery
///   rule (in journal_laws.cpp, independent of JournalScanner);
/// - the valid prefix, read as a separate journal, is complete and has the same tail and state as
///   the original;
/// - a run can append to a complete journal and to the valid prefix of a torn one;
/// - re-encoding a parsed record yields the same bytes if the writer could have written its
///   members, and otherwise a record that parses to the same values.
void check_journal_laws(std::string_view bytes);

}  // namespace keyferry::fuzz
