// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "io/clock/clock.hpp"
#include "io/file/append_file.hpp"

#include <system_error>

namespace keyferry::engine {

/// Appends `end` to a started journal to which no JournalWriter has written, and makes the record
/// durable. Used for runs that end before their first call.
[[nodiscard]] std::error_code append_end_record(io::AppendFile& file,
                                                const JournalTail& tail,
                                                io::WallTime now,
                                                const RunEndEntry& end);

}  // namespace keyferry::engine
