// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::fuzz {

/// Reads `bytes` as a journal and aborts, saying which, when one of these does not hold:
///
///   - the size of the chunks makes no difference;
///   - state, records and proof are those that the rule gives when it is followed step by step,
///     without a thought for speed (in journal_laws.cpp, apart from JournalScanner);
///   - the good part by itself is whole, ends the same way and replays to the same state;
///   - behind a whole journal and behind the good part of a torn one a run can write on;
///   - a record that was understood is written again as the same bytes, if its members are such as
///     the writer makes, and as a record that reads the same otherwise.
void check_journal_laws(std::string_view bytes);

}  // namespace keyferry::fuzz
