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
            return "Free some space, or move the journal to another file system, then give the "
                   "same command again; a run goes on where it stopped.";
        case EFBIG:
            return "The file would be larger than the file system or `ulimit -f` allows.";
        case EACCES:
        case EPERM:
        case EROFS:
            return "Look who may read and write the file and its folder, and whether the file "
                   "system is mounted read-only.";
        case ENOENT:
            return "Check the path; its folder must exist.";
        case ELOOP:
            return "The journal may not be a symbolic link; name the file itself.";
        case EINVAL:
            return "The journal must be a regular file on a file system that supports locks.";
        case EIO:
            return "The disk may be failing: copy the journal to another one before you go on. "
                   "What a "
                   "run finds in doubt it asks KMS.";
        default:
            return "Give the same command again when the cause is gone.";
    }
}

std::string damage_in(const JournalScan& scan) {
    if (scan.proof_sequence == 0 && scan.tail.next_sequence > 0) {
        return fmt::format(
            "what stands from byte {} on are no records, and {} bytes are more than a write that "
            "was cut short leaves ({} at most): records from {} on are lost",
            scan.good_bytes,
            scan.bytes - scan.good_bytes,
            kTornTailBytesMax,
            scan.tail.next_sequence);
    }
    if (scan.proof_sequence == 0) {
        return "its first record is damaged, so nothing tells which plan it belongs to";
    }
    return fmt::format(
        "record {} at byte {} is damaged, but record {} after it is good, so this is no torn end",
        scan.tail.next_sequence,
        scan.good_bytes,
        scan.proof_sequence);
}

/// Without its header a journal is of no known plan, and cannot be salvaged.
std::string_view mending_advice(const JournalScan& scan) {
    return scan.tail.next_sequence == 0
               ? "Restore the file from a copy, or start a new journal: jobs whose replica exists "
                 "will be found to exist."
               : "Make a new journal of what is good with `keyferry journal salvage`, or restore "
                 "the file from a copy.";
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

std::optional<JournalProblem> journal_scan_problem(std::string_view path, const JournalScan& scan) {
    using Kind = JournalProblem::Kind;
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
                                              mending_advice(scan)));
        case JournalState::header_incomplete:
            return JournalProblem(
                Kind::unusable,
                fmt::format("journal {}: its {} bytes hold no whole first record, so its making "
                            "was cut short before any call was sent. Remove the file and run "
                            "again.",
                            path,
                            scan.bytes));
        case JournalState::not_a_journal:
            return JournalProblem(Kind::unusable,
                                  fmt::format("{} is not a keyferry journal: its first line is not "
                                              "a journal's header. It was left as it is.",
                                              path));
        case JournalState::newer_version:
            return JournalProblem(Kind::newer_version,
                                  fmt::format("journal {}: {}. Use the version of keyferry that "
                                              "wrote it, or a later one.",
                                              path,
                                              scan.problem));
        case JournalState::not_understood:
            return JournalProblem(Kind::unusable,
                                  fmt::format("journal {}: {}. It was edited, or written by a "
                                              "faulty program. `keyferry journal salvage` makes a "
                                              "new journal of the rest.",
                                              path,
                                              scan.problem));
    }
    return std::nullopt;
}

}  // namespace keyferry::engine
