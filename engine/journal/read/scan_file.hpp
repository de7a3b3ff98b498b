// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/recovery.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/file/append_file.hpp"

#include <optional>
#include <string>
#include <system_error>

namespace keyferry::engine {

/// Reads `file` from start to end and passes its valid records to `visit`. Returns an error only if
/// reading fails; the state of the content is in `scan`.
[[nodiscard]] std::error_code scan_journal(io::AppendFile& file,
                                           JournalScanner::Visitor visit,
                                           JournalScan& scan);

/// Reads `file` from start to end and applies its valid records to `replay`. Returns an error only
/// if reading fails; the state of the content is in `scan`. `replay` is usable only if that state
/// is `whole` or `torn_tail`.
[[nodiscard]] std::error_code replay_journal(io::AppendFile& file,
                                             JournalReplay& replay,
                                             JournalScan& scan);

/// Returns the last `run` record, which identifies the last process that wrote to the journal. For
/// speed, it searches only the last 64 MiB and the first 64 KiB. Returns nullopt if it finds none.
[[nodiscard]] std::optional<JournalRun> find_last_run(io::AppendFile& file);

/// The journal on disk, whether a process is writing to it or not.
struct JournalView {
    JournalView() = default;

    JournalReplay replay;
    JournalScan scan;
    bool held = false;  ///< a process is using it, so a torn tail may be a write in progress
};

/// Reads the journal in `file`, which this process has locked. The file is passed instead of a
/// path, because the path may refer to another file by now. `name` is used in the text of problems.
[[nodiscard]] JournalResult<JournalView> view_held_journal(io::AppendFile& file,
                                                           const std::string& name);

/// Reads the journal at `path` without locking it and without disturbing a process that writes to
/// it.
[[nodiscard]] JournalResult<JournalView> view_journal(const std::string& path);

}  // namespace keyferry::engine
