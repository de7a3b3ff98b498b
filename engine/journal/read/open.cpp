// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/open.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/read/verify_job_names.hpp"
#include "io/file/posix_append_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <span>
#include <unistd.h>
#include <utility>
#include <vector>

namespace keyferry::engine {
namespace {

constexpr std::uint64_t kRewrittenBytesMax = 1U << 20U;
/// Space for the header and for the `run` and `end` records of this and later runs.
constexpr std::uint64_t kReservedBytesForRuns = 64U << 10U;
/// Space for one `run` and one `end` record. This is less than the first run reserves, so that the
/// space left by a killed run is enough to resume the run, even if the disk is now full.
constexpr std::uint64_t kReservedBytesToResume = 2 * kJournalLineBytesMax;

/// Reads the bytes from `begin` to `end` into `bytes`.
std::error_code read_range(io::AppendFile& file,
                           std::uint64_t begin,
                           std::uint64_t end,
                           std::string& bytes) {
    bytes.resize(static_cast<std::size_t>(end - begin));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        std::size_t got = 0;
        if (const std::error_code error = file.read(
                begin + filled, std::span(bytes.data() + filled, bytes.size() - filled), got)) {
            return error;
        }
        if (got == 0) {
            return {EIO, std::system_category()};  // the file shrank after it was scanned
        }
        filled += got;
    }
    return {};
}

/// Rewrites the last bytes before `end`, so that the next sync covers them.
std::error_code rewrite_last_bytes(io::AppendFile& file, std::uint64_t end) {
    const std::uint64_t begin = end - std::min(end, kRewrittenBytesMax);
    std::string bytes;
    const std::error_code error = read_range(file, begin, end, bytes);
    return error ? error : file.rewrite(begin, bytes);
}

JournalProblem no_space_problem(const std::string& name,
                                io::AppendFile& file,
                                std::error_code error,
                                std::uint64_t jobs,
                                std::uint64_t needed) {
    std::uint64_t free_bytes = 0;
    static_cast<void>(file.free_space(free_bytes));
    // File systems keep some space in reserve, and a quota may limit the user further still.
    const std::string missing =
        free_bytes < needed
            ? fmt::format(
                  "of which {} are free and {} are missing", free_bytes, needed - free_bytes)
            : fmt::format("of which {} are free but not available to this user", free_bytes);
    return {
        JournalProblem::Kind::io,
        fmt::format("journal {}: not enough space: {} (errno {}). It needs {} bytes for {} "
                    "jobs, {}. Nothing was changed. Free some space, or choose another path with "
                    "--journal.",
                    name,
                    error.message(),
                    error.value(),
                    needed,
                    jobs,
                    missing)};
}

/// Reserves the remaining space, for a run that is resumed on a full disk. The killed run has used
/// some of its space for records that will be written again. Fails (out of space) if the remaining
/// space is less than three records per job of a small plan, or less than what a run leaves for the
/// next one (see JournalWriter).
std::error_code reserve_less(io::AppendFile& file, std::uint64_t needed, JournalRoom& room) {
    constexpr std::uint64_t kSteps = 16;
    const bool is_small = room.still_needed == 0;
    const std::uint64_t least = is_small ? needed / 4 * 3 : kRoomMinBytes;
    const std::uint64_t step = room.reserved / kSteps;
    std::error_code error(ENOSPC, std::system_category());
    while (is_out_of_space(error) && room.reserved > least) {
        room.reserved = std::max(least, room.reserved - step);
        error = file.reserve(room.reserved);
    }
    room.still_needed = is_small ? 0 : needed - room.reserved;
    return error;
}

/// Before anything is appended, reserves the first step of the space that `jobs` jobs need.
std::optional<JournalProblem> reserve_room(io::AppendFile& file,
                                           std::uint64_t jobs,
                                           const std::string& name,
                                           StartedJournal& started) {
    const std::uint64_t needed = jobs * kReservedBytesPerJob +
                                 (started.resumed ? kReservedBytesToResume : kReservedBytesForRuns);
    started.room = JournalRoom(needed);
    std::error_code error = file.reserve(started.room.reserved);
    if (is_out_of_space(error) && started.has_torn_copy()) {
        // The copy has used space that the journal needs.
        static_cast<void>(::unlink(started.torn_copy.path.c_str()));
        started.torn_copy.error = error;
        error = file.reserve(started.room.reserved);
    }
    if (is_out_of_space(error) && started.resumed) {
        error = reserve_less(file, needed, started.room);
    }
    if (!error) {
        return std::nullopt;
    }
    const bool is_disk_full = is_out_of_space(error) && error.value() != EFBIG;
    return is_disk_full ? no_space_problem(name, file, error, jobs, started.room.reserved)
                        : journal_io_problem(name, "reserving space", error);
}

/// Truncates a torn tail, reserves space and ensures that the rest is on disk.
std::optional<JournalProblem> repair(io::AppendFile& file,
                                     const JournalScan& scan,
                                     const std::string& name,
                                     const KeepTornTail& keep_torn_tail,
                                     StartedJournal& started) {
    if (scan.state == JournalState::torn_tail) {
        started.torn_bytes = scan.bytes - scan.good_bytes;
        if (keep_torn_tail) {
            std::string tail;
            if (const std::error_code error = read_range(file, scan.good_bytes, scan.bytes, tail)) {
                return journal_io_problem(name, "read", error);
            }
            started.torn_copy = keep_torn_tail(tail);
        }
        if (const std::error_code error = file.truncate(scan.good_bytes)) {
            return journal_io_problem(name, "truncating the torn tail", error);
        }
    }
    // Done immediately, because truncating has released the space that was reserved beyond the end,
    // and another program may use it.
    const std::uint64_t jobs_left =
        started.replay.header().jobs - started.replay.counts().of(JobPhase::done);
    if (std::optional<JournalProblem> problem = reserve_room(file, jobs_left, name, started)) {
        return problem;
    }
    if (const std::error_code error = rewrite_last_bytes(file, scan.good_bytes)) {
        return journal_io_problem(name, "rewriting the last records", error);
    }
    if (const std::error_code error = file.sync()) {
        return journal_io_problem(name, "fdatasync", error);
    }
    return std::nullopt;
}

std::optional<JournalProblem> write_synced(io::AppendFile& file,
                                           std::string_view bytes,
                                           const std::string& name) {
    if (const std::error_code error = file.append(bytes)) {
        return journal_io_problem(name, "write", error);
    }
    if (const std::error_code error = file.sync()) {
        return journal_io_problem(name, "fdatasync", error);
    }
    return std::nullopt;
}

/// Encodes and writes one record as a separate batch, and applies it to the replay in the same way
/// as a reader of the file would.
template <typename Entry>
std::optional<JournalProblem> write_record(io::AppendFile& file,
                                           const Entry& entry,
                                           io::WallTime now,
                                           const std::string& name,
                                           StartedJournal& started) {
    JournalEncoder encoder(started.tail);
    std::string line;
    encoder.append(line, now, entry);
    if (std::optional<JournalProblem> problem = write_synced(file, line, name)) {
        return problem;
    }
    started.tail = encoder.tail();
    JournalFrame frame;
    JournalRecord record;
    const bool framed =
        read_journal_frame(std::string_view(line).substr(0, line.size() - 1), frame);
    const bool understood =
        framed && read_journal_body(frame, record) == JournalReading::understood;
    assert(understood);
    const std::string refusal = understood ? started.replay.apply(record) : "unreadable";
    assert(refusal.empty());
    return std::nullopt;
}

/// Copies a torn tail to torn_copy_path(path), replacing the copy of an earlier torn tail. Removes
/// an incomplete copy. open_journal syncs the folder.
TornCopy copy_torn_tail(const std::string& path, std::string_view tail) {
    TornCopy copy;
    copy.path = torn_copy_path(path);
    // unlink does not follow links. It does not remove folders either; in that case, create() fails
    // with EEXIST.
    static_cast<void>(::unlink(copy.path.c_str()));
    std::unique_ptr<io::PosixAppendFile> file;
    copy.error = io::PosixAppendFile::create(copy.path, file);
    if (copy.error) {
        return copy;
    }
    copy.error = file->append(tail);
    if (!copy.error) {
        copy.error = file->sync();
    }
    if (copy.error) {
        static_cast<void>(::unlink(copy.path.c_str()));
    }
    return copy;
}

/// Records how the run calls KMS, unless the journal already contains this information. Journals do
/// not contain it if they are in version 1 or if earlier runs did not know it.
std::optional<JournalProblem> write_access(io::AppendFile& file,
                                           const JournalAccess& ours,
                                           io::WallTime now,
                                           const std::string& name,
                                           StartedJournal& started) {
    const JournalAccess& theirs = started.replay.header().access;
    const bool adds_endpoint = theirs.endpoint == JournalAccess::Endpoint::unknown &&
                               ours.endpoint != JournalAccess::Endpoint::unknown;
    const bool adds_callers = theirs.callers.empty() && !ours.callers.empty();
    return adds_endpoint || adds_callers ? write_record(file, ours, now, name, started)
                                         : std::nullopt;
}

JournalProblem held_problem(const std::string& path, io::AppendFile& file) {
    std::string holder = "another process";
    if (const std::optional<JournalRun> run = find_last_run(file)) {
        holder = fmt::format("process {} on host {}", run->pid, run->host);
    }
    return {JournalProblem::Kind::held,
            fmt::format("journal {}: {} is using it. Wait for that process to finish, or stop it; "
                        "two runs with the same journal would send every request twice.",
                        path,
                        holder)};
}

/// Opens the file at `path`, or creates it and sets `created`.
std::error_code open_or_create(const std::string& path,
                               std::unique_ptr<io::PosixAppendFile>& file,
                               bool& created) {
    created = false;
    if (path == "-") {  // other commands interpret "-" as standard output, so it is not a file name
        return std::make_error_code(std::errc::invalid_argument);
    }
    std::error_code error =
        io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_and_append, file);
    if (error.value() == ENOENT) {
        error = io::PosixAppendFile::create(path, file);
        created = !error;
        if (error.value() == EEXIST) {  // another process created it first; the lock decides
            error =
                io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_and_append, file);
        }
    }
    return error;
}

std::optional<JournalProblem> lock_for_us(const std::string& path, io::PosixAppendFile& file) {
    if (const std::error_code error = file.lock()) {
        return error.value() == EAGAIN ? held_problem(path, file)
                                       : journal_io_problem(path, "lock", error);
    }
    bool same_file = false;
    if (const std::error_code error = file.check_path(same_file)) {
        return journal_io_problem(path, "stat", error);
    }
    if (!same_file) {
        return JournalProblem(JournalProblem::Kind::io,
                              "journal " + path +
                                  ": the file was replaced while it was being opened. "
                                  "Run again.");
    }
    return std::nullopt;
}

/// Returns a problem if other users can change the journal. Anyone who can write to it could make a
/// run skip or resend requests.
std::optional<JournalProblem> check_owner(const std::string& path, io::PosixAppendFile& file) {
    io::PosixAppendFile::Permissions permissions;
    if (const std::error_code error = file.permissions(permissions)) {
        return journal_io_problem(path, "stat", error);
    }
    if (permissions.owner != ::geteuid()) {
        return JournalProblem(
            JournalProblem::Kind::unusable,
            fmt::format("journal {} belongs to another user (user ID {}), so its records are not "
                        "trusted. Nothing was changed. Run keyferry as that user, or start a new "
                        "journal with --journal; existing replicas will be detected.",
                        path,
                        permissions.owner));
    }
    constexpr unsigned kWritableByOthers = 022;
    if ((permissions.mode & kWritableByOthers) != 0) {
        return JournalProblem(
            JournalProblem::Kind::unusable,
            fmt::format(
                "journal {}: other users can write to it (mode {:04o}), so its records are not "
                "trusted. Nothing was changed. If you have verified the journal's records, run "
                "chmod go-w on the file; otherwise, start a new journal with --journal.",
                path,
                permissions.mode));
    }
    return std::nullopt;
}

/// Empties the journal of an earlier rehearsal. The journal must be locked.
std::optional<JournalProblem> empty_rehearsal(const std::string& path, io::PosixAppendFile& file) {
    bool is_real = false;
    JournalScan scan;
    const auto visit = [&](const JournalRecord& record) -> std::string {
        const auto* header = std::get_if<JournalHeader>(&record.body);
        is_real = header != nullptr && !header->simulated;
        return "read no further";
    };
    if (const std::error_code error = scan_journal(file, visit, scan)) {
        return journal_io_problem(path, "read", error);
    }
    if (is_real) {
        return JournalProblem(
            JournalProblem::Kind::other_plan,
            fmt::format("journal {} is from a real run, and a rehearsal would overwrite it. "
                        "Specify another file with --journal.",
                        path));
    }
    if (const std::error_code error = file.truncate(0)) {
        return journal_io_problem(path, "truncate", error);
    }
    return std::nullopt;
}

/// Replays `file` and, if it belongs to the plan, compares the names of its jobs with the plan's.
std::error_code replay_named_jobs(io::AppendFile& file,
                                  const JournalHeader& ours,
                                  const planner::Plan* plan,
                                  JournalReplay& replay,
                                  JournalScan& scan,
                                  std::string& mismatch) {
    bool is_ours = false;
    const auto visit = [&](const JournalRecord& record) {
        std::string refusal = replay.apply(record);
        if (!refusal.empty()) {
            return refusal;
        }
        if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
            if (is_ours && !is_named_as_planned(*plan, *job)) {
                refusal = mismatch = name_mismatch_text(*plan, *job);
            }
        } else if (const auto* header = std::get_if<JournalHeader>(&record.body)) {
            is_ours = plan != nullptr && header->plan_sha256 == ours.plan_sha256;
        }
        return refusal;
    };
    return scan_journal(file, visit, scan);
}

JournalProblem name_mismatch_problem(const std::string& name,
                                     const JournalScan& scan,
                                     const std::string& mismatch) {
    return {
        JournalProblem::Kind::unusable,
        fmt::format("journal {}: record {} does not belong to this plan: {}. The file contains "
                    "records from another fleet's journal. Nothing was changed. Restore the file "
                    "from a backup, or start a new journal; existing replicas will be detected.",
                    name,
                    scan.tail.next_sequence,
                    mismatch)};
}

}  // namespace

std::string torn_copy_path(const std::string& path) {
    return path + ".torn";
}

JournalResult<StartedJournal> start_journal(io::AppendFile& file,
                                            const JournalHeader& header,
                                            JournalRun run,
                                            io::WallTime now,
                                            const std::string& name,
                                            const KeepTornTail& keep_torn_tail,
                                            const planner::Plan* plan) {
    if (header.jobs > kJournalJobsMax) {
        return JournalProblem(JournalProblem::Kind::other_plan,
                              fmt::format("the plan has {} jobs, but a journal can contain at most "
                                          "{}. Split the fleet into smaller fleets.",
                                          header.jobs,
                                          kJournalJobsMax));
    }
    StartedJournal started;
    JournalScan scan;
    std::string mismatch;
    if (const std::error_code error =
            replay_named_jobs(file, header, plan, started.replay, scan, mismatch)) {
        return journal_io_problem(name, "read", error);
    }
    if (!mismatch.empty()) {
        return name_mismatch_problem(name, scan, mismatch);
    }
    if (std::optional<JournalProblem> problem = journal_scan_problem(name, scan)) {
        return *std::move(problem);
    }
    std::optional<JournalProblem> problem;
    if (scan.state == JournalState::empty) {
        problem = reserve_room(file, header.jobs, name, started);
        if (!problem) {
            problem = write_record(file, header, now, name, started);
        }
    } else {
        started.resumed = true;
        started.tail = scan.tail;
        problem = check_binding(header, started.replay.header(), name);
        if (!problem) {
            problem = repair(file, scan, name, keep_torn_tail, started);
        }
    }
    if (!problem) {
        problem = write_access(file, header.access, now, name, started);
    }
    if (!problem) {
        run.torn_bytes = started.torn_bytes;
        problem = write_record(file, run, now, name, started);
    }
    if (problem) {
        return *std::move(problem);
    }
    return started;
}

JournalResult<OpenedJournal> open_journal(const std::string& path,
                                          const JournalHeader& header,
                                          const JournalRun& run,
                                          io::WallTime now,
                                          const planner::Plan* plan,
                                          IfJournalExists if_exists) {
    OpenedJournal opened;
    bool created = false;
    if (const std::error_code error = open_or_create(path, opened.file, created)) {
        return journal_io_problem(path, "open", error);
    }
    if (!created && if_exists == IfJournalExists::refuse) {
        return journal_io_problem(path, "create", {EEXIST, std::system_category()});
    }
    io::PosixAppendFile& file = *opened.file;
    if (std::optional<JournalProblem> problem = lock_for_us(path, file)) {
        return *std::move(problem);
    }
    if (!created) {
        if (std::optional<JournalProblem> problem = check_owner(path, file)) {
            return *std::move(problem);
        }
    }
    if (!created && if_exists == IfJournalExists::start_over) {
        if (std::optional<JournalProblem> problem = empty_rehearsal(path, file)) {
            return *std::move(problem);
        }
    }
    const auto keep_torn_tail = [&](std::string_view tail) {
        return copy_torn_tail(path, tail);
    };
    JournalResult<StartedJournal> started =
        start_journal(file, header, run, now, path, keep_torn_tail, plan);
    // This is also necessary for an existing file, because the run that created it may have been
    // killed before it synced the folder.
    if (const std::error_code error = started ? file.sync_folder() : std::error_code()) {
        started = journal_io_problem(path, "fsync of its folder", error);
    }
    if (!started) {
        if (created) {
            // No request has been recorded in it yet, and an incomplete journal would only prevent
            // later runs.
            std::error_code ignored;
            std::filesystem::remove(path, ignored);
        }
        return started.error();
    }
    opened.start = *std::move(started);
    return opened;
}

JournalResult<std::unique_ptr<io::AppendFile>> lock_journal(const std::string& path) {
    std::unique_ptr<io::PosixAppendFile> file;
    if (const std::error_code error =
            io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_and_append, file)) {
        return journal_io_problem(path, "open", error);
    }
    if (std::optional<JournalProblem> problem = lock_for_us(path, *file)) {
        return *std::move(problem);
    }
    return std::unique_ptr<io::AppendFile>(std::move(file));
}

std::error_code release_reserved_space(io::AppendFile& file) {
    std::uint64_t size = 0;
    if (const std::error_code error = file.size(size)) {
        return error;
    }
    // Truncating a file to its current size frees the space reserved beyond its end.
    return file.truncate(size);
}

}  // namespace keyferry::engine
