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

/// Reads `file` from start to end and shows `visit` its good records. The error is the file's
/// alone; whether the content is good is in `scan`.
[[nodiscard]] std::error_code scan_journal(io::AppendFile& file,
                                           JournalScanner::Visitor visit,
                                           JournalScan& scan);

/// Reads `file` from start to end and folds its good records into `replay`. The error is the file's
/// alone; whether the content is good is in `scan`. `replay` is of use only if `scan` is whole or
/// has a torn tail.
[[nodiscard]] std::error_code replay_journal(io::AppendFile& file,
                                             JournalReplay& replay,
                                             JournalScan& scan);

/// The last `run` record: the process that wrote last. Looks through the last 64 MiB and the first
/// 64 KiB only, so that the answer comes at once; nothing if there is none there.
[[nodiscard]] std::optional<JournalRun> find_last_run(io::AppendFile& file);

/// A journal as it stands on disk, live or dead.
struct JournalView {
    JournalView() = default;

    JournalReplay replay;
    JournalScan scan;
    bool held =
        false;  ///< a process is working on it now; a torn tail is then only not yet written
};

/// Reads the journal at `path` without a lock and without disturbing a process that writes to it.
[[nodiscard]] JournalResult<JournalView> view_journal(const std::string& path);

}  // namespace keyferry::engine
