// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/problem.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace keyferry::engine {
namespace {

std::string_view advice_for(int error_number) noexcept {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return "Free some space, then rerun the same command.";
        case EFBIG:
            return "The file would be larger than the file system or `ulimit -f` allows.";
        case EACCES:
        case EPERM:
        case EROFS:
            return "Check the permissions of the file and its folder, and whether the file system "
                   "is mounted read-only.";
        case EEXIST:
            return "A sync needs a new journal; choose another file with --journal.";
        case ENOENT:
            return "The file, or the folder for a new journal, does not exist. Check the path.";
        case ELOOP:
            return "The journal must not be a symbolic link; specify the file itself.";
        case EINVAL:
            return "The journal must be a regular file on a file system that supports locks.";
        case EIO:
            return "The disk may be failing. Copy the journal to another disk before you continue. "
                   "The next run asks KMS about jobs whose outcomes are unknown.";
        default:
            return "Fix the cause, then rerun the same command.";
    }
}

std::string damage_in(const JournalScan& scan) {
    if (scan.proof_sequence == 0 && scan.tail.next_sequence > 0) {
        return fmt::format(
            "the file contains no valid records after byte {}, and the remaining {} bytes are more "
            "than an interrupted write can leave (at most {}), so record {} and all later records "
            "are lost",
            scan.good_bytes,
            scan.bytes - scan.good_bytes,
            kTornTailBytesMax,
            scan.tail.next_sequence);
    }
    if (scan.proof_sequence == 0) {
        return "its first record is damaged, so it is unknown which plan it belongs to";
    }
    return fmt::format(
        "record {} at byte {} is damaged, but the later record {} is valid, so this is not a torn "
        "tail",
        scan.tail.next_sequence,
        scan.good_bytes,
        scan.proof_sequence);
}

/// A journal without a header can neither be matched to a plan nor salvaged.
std::string_view repair_advice(const JournalScan& scan) {
    return scan.tail.next_sequence == 0 ? "Restore the file from a backup, or start a new journal; "
                                          "existing replicas will be detected."
           : scan.verb != JournalVerb::run
               ? "Restore the file from a backup. Otherwise, `keyferry sync --undo` undoes the "
                 "changes whose records are intact. All previous values that remain are in the "
                 "journal, in the JSON lines whose event is `before`."
               : "Recover the valid records into a new journal with `keyferry journal salvage`, or "
                 "restore the file from a backup.";
}

}  // namespace

JournalProblem journal_io_problem(std::string_view path,
                                  std::string_view operation,
                                  std::error_code error) {
    return {JournalProblem::Kind::io,
            fmt::format("journal {}: {} failed: {} (errno {}). {}",
                        path,
                        operation,
                        error.message(),
                        error.value(),
                        advice_for(error.value()))};
}

JournalProblem empty_journal_problem(std::string_view path) {
    return JournalProblem(
        JournalProblem::Kind::unusable,
        fmt::format("journal {} is empty: its creation was interrupted before any call was sent. "
                    "`keyferry run` can use it; a sync creates a new journal.",
                    path));
}

std::optional<JournalProblem> journal_scan_problem(std::string_view path, const JournalScan& scan) {
    using Kind = JournalProblem::Kind;
    const std::string other = io::wrong_kind_text(scan.kind, io::FileKind::journal);
    switch (scan.state) {
        case JournalState::empty:
        case JournalState::whole:
        case JournalState::torn_tail:
            return std::nullopt;
        case JournalState::damaged:
            return JournalProblem(Kind::unusable,
                                  fmt::format("journal {}: {}. Nothing was changed. {}",
                                              path,
                                              damage_in(scan),
                                              repair_advice(scan)));
        case JournalState::header_incomplete:
            return JournalProblem(
                Kind::unusable,
                fmt::format("journal {}: its {} bytes do not contain a complete first record, "
                            "because creating it was interrupted before any call was sent. Remove "
                            "the file and run again.",
                            path,
                            scan.bytes));
        case JournalState::not_a_journal:
            return JournalProblem(
                Kind::unusable,
                fmt::format("{} is {}. The file was not changed.",
                            path,
                            other.empty() ? "not a keyferry journal: its first line is not "
                                            "a journal header"
                                          : other));
        case JournalState::newer_version:
            return JournalProblem(Kind::newer_version,
                                  fmt::format("journal {}: {}. Use the version of keyferry that "
                                              "wrote it, or a later one.",
                                              path,
                                              scan.problem));
        case JournalState::not_understood:
            return JournalProblem(
                Kind::unusable,
                fmt::format("journal {}: {}. It was edited or was written by a faulty program. {}",
                            path,
                            scan.problem,
                            repair_advice(scan)));
    }
    return std::nullopt;
}

}  // namespace keyferry::engine
