// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/problem.hpp"
#include "engine/journal/read/recovery.hpp"
#include "engine/journal/read/replay.hpp"
#include "io/file/append_file.hpp"

#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace keyferry::engine {

/// Reads `file` from start to end and passes its valid records to `visit`. Returns an error only if
/// reading fails; `scan` describes the state of the content.
[[nodiscard]] std::error_code scan_journal(io::AppendFile& file,
                                           JournalScanner::Visitor visit,
                                           JournalScan& scan);

/// Reads `file` from start to end and applies its valid records to `replay`. Returns an error only
/// if reading fails; `scan` describes the state of the content. `replay` is usable only if that
/// state is `whole` or `torn_tail`.
[[nodiscard]] std::error_code replay_journal(io::AppendFile& file,
                                             JournalReplay& replay,
                                             JournalScan& scan);

/// Returns the last `run` record, which identifies the last process that wrote to the journal. For
/// speed, searches only the last 64 MiB and the first 64 KiB of the file. Returns nullopt if there
/// is no such record.
[[nodiscard]] std::optional<JournalRun> find_last_run(io::AppendFile& file);

/// The journal on disk, to which a process may be writing.
struct JournalView {
    JournalView() = default;

    JournalReplay replay;
    JournalScan scan;
    bool held = false;  ///< a process is using it, so a torn tail may be a write in progress
};

/// Reads the journal in `file`, which this process has locked. Takes the file instead of its path,
/// because the path might refer to another file by now. `name` is used in the text of problems.
[[nodiscard]] JournalResult<JournalView> view_held_journal(io::AppendFile& file,
                                                           const std::string& name);

/// A journal that is open for reading and not locked by this process.
struct UnlockedJournal {
    std::unique_ptr<io::AppendFile> file;
    bool held = false;  ///< another process was using the journal when it was opened
};

/// Opens the journal at `path` for reading, without affecting a process that is writing to it.
[[nodiscard]] JournalResult<UnlockedJournal> open_unlocked(const std::string& path);

/// Reads the journal at `path` without locking it or affecting a process that is writing to it.
[[nodiscard]] JournalResult<JournalView> view_journal(const std::string& path);

}  // namespace keyferry::engine
