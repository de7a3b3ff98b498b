// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/format/record.hpp"
#include "engine/journal/read/problem.hpp"
#include "io/file/append_file.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::engine {

/// Writes a journal from the records of another one, into a file that is no journal yet.
///
/// Each record is a batch of its own (its k is its n), which says: all before it were synced before
/// it could be seen. That is true as soon as the file gets its name, which it does after finish().
/// So damage anywhere but in the last record will be seen as such.
class JournalRewriter {
  public:
    /// `file` is empty and must outlive this.
    explicit JournalRewriter(io::AppendFile& file) : file_(file), encoder_(JournalTail{}) {}

    /// The next record: JournalHeader, JournalRewrite or JournalLoss.
    template <typename Entry>
    void add(io::WallTime time, const Entry& entry) {
        encoder_.begin_batch();
        encoder_.append(pending_, time, entry);
        write_when_full();
    }

    /// The next record is a copy: JournalRecord::text, changed or not. One that is too long to be a
    /// record, which no encoder makes, is the error EMSGSIZE.
    void copy(std::string_view text);

    /// Writes what is still in memory and syncs. The first error of any write, or of this.
    std::error_code finish();

    /// The first error so far; nothing is written after it.
    [[nodiscard]] const std::error_code& error() const noexcept { return error_; }
    [[nodiscard]] std::uint64_t records() const noexcept { return encoder_.tail().next_sequence; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_ + pending_.size(); }

  private:
    void write_when_full();
    void write();

    io::AppendFile& file_;
    JournalEncoder encoder_;
    std::string pending_;
    std::uint64_t bytes_ = 0;
    std::error_code error_;
};

/// `text` of a record about a job, with another number of the job. Uses `buffer`.
[[nodiscard]] std::string_view with_job(std::string_view text,
                                        planner::JobIndex job,
                                        std::string& buffer);

/// `text` of a `done` record without a digest, with this one (as it stands in a record). Uses
/// `buffer`.
[[nodiscard]] std::string_view with_digest(std::string_view text,
                                           std::string_view digest,
                                           std::string& buffer);

/// Fills an empty file, up to JournalRewriter::finish(). Nothing when all is well.
using FillJournal = std::function<std::optional<JournalProblem>(io::AppendFile& file)>;

/// Puts a new journal in the place of the one at `path`, which the caller has locked: makes a file
/// beside it (NewFile), has it filled, and replaces the journal by it in one step. The old one
/// stays as "<path>.old" (".old-2", ...), whose name is returned. Whatever goes wrong or is cut
/// short before that step leaves the journal as it was; a problem of the step after it, the
/// folder's sync, says that it was replaced.
[[nodiscard]] JournalResult<std::string> replace_journal(const std::string& path,
                                                         const FillJournal& fill);

/// The same for a path where no file may be yet.
[[nodiscard]] std::optional<JournalProblem> make_journal(const std::string& path,
                                                         const FillJournal& fill);

}  // namespace keyferry::engine
