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

/// Writes a journal from the records of another one. The file is not yet in use as a journal.
///
/// Each record is its own batch (k equals n), which means that all earlier records were synced
/// before it became visible. This is true because the file gets its final name only after finish().
/// As a result, damage can be detected everywhere except in the last record.
class JournalRewriter {
  public:
    /// `file` must be empty and outlive this object.
    explicit JournalRewriter(io::AppendFile& file) : file_(file), encoder_(JournalTail{}) {}

    /// Appends a JournalHeader, JournalRewrite or JournalLoss.
    template <typename Entry>
    void add(io::WallTime time, const Entry& entry) {
        encoder_.begin_batch();
        encoder_.append(pending_, time, entry);
        write_when_full();
    }

    /// Appends a copy of JournalRecord::text, possibly modified. If the text is too long for a
    /// record, which cannot happen with text written by an encoder, the error is EMSGSIZE.
    void copy(std::string_view text);

    /// Writes the buffered records and syncs the file. Returns the first error that occurred in any
    /// write or in the sync.
    std::error_code finish();

    /// The first error so far, after which nothing more is written.
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

/// Returns `text`, from a job record, with the job number replaced. The result points into
/// `buffer`.
[[nodiscard]] std::string_view with_job(std::string_view text,
                                        planner::JobIndex job,
                                        std::string& buffer);

/// Returns `text`, from a `done` record without a digest, with `digest` (as encoded in a record)
/// added. The result points into `buffer`.
[[nodiscard]] std::string_view with_digest(std::string_view text,
                                           std::string_view digest,
                                           std::string& buffer);

/// Fills an empty file, including JournalRewriter::finish(). Returns nullopt on success.
using FillJournal = std::function<std::optional<JournalProblem>(io::AppendFile& file)>;

/// Replaces the journal at `path`, which the caller has locked: creates a file beside it (NewFile),
/// fills that file, and atomically replaces the journal with it. The old journal is kept as
/// "<path>.old" (or ".old-2", ...), and its new name is returned. A failure or crash before the
/// replacement leaves the journal unchanged. If the folder cannot be synced after the replacement,
/// the text of the problem says that the journal was replaced.
[[nodiscard]] JournalResult<std::string> replace_journal(const std::string& path,
                                                         const FillJournal& fill);

/// Like replace_journal(), but creates a new journal at `path`, where no file may exist.
[[nodiscard]] std::optional<JournalProblem> make_journal(const std::string& path,
                                                         const FillJournal& fill);

}  // namespace keyferry::engine
