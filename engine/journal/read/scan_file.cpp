// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/scan_file.hpp"

#include "io/file/posix_append_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

namespace keyferry::engine {
namespace {

constexpr std::size_t kReadBytes = 1U << 20U;
/// The chunk size of a scan. A chunk is small enough to stay in the CPU cache between reading and
/// parsing.
constexpr std::size_t kScanBytes = 256U << 10U;
constexpr std::uint64_t kRunSearchBytesMax = 64U << 20U;
constexpr std::uint64_t kRunSearchBytesAtStart = 64U << 10U;
constexpr std::string_view kRunMark = "\"ev\":\"run\"";

/// Reads exactly [offset, offset + length), or less at the end of the file.
std::error_code read_window(io::AppendFile& file,
                            std::uint64_t offset,
                            std::size_t length,
                            std::string& window) {
    window.resize(length);
    std::size_t filled = 0;
    while (filled < length) {
        std::size_t got = 0;
        if (const std::error_code error = file.read(
                offset + filled, std::span(window.data() + filled, length - filled), got)) {
            return error;
        }
        if (got == 0) {
            break;
        }
        filled += got;
    }
    window.resize(filled);
    return {};
}

/// Returns the last valid `run` record whose line is completely within `window`.
std::optional<JournalRun> last_run_in(std::string_view window) {
    for (std::size_t mark = window.rfind(kRunMark); mark != std::string_view::npos;
         mark = mark == 0 ? std::string_view::npos : window.rfind(kRunMark, mark - 1)) {
        const std::size_t before = window.rfind('\n', mark);
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        const std::size_t end = window.find('\n', mark);
        JournalFrame frame;
        JournalRecord record;
        if (end != std::string_view::npos &&
            read_journal_frame(window.substr(begin, end - begin), frame) &&
            read_journal_body(frame, record) == JournalReading::understood) {
            if (auto* run = std::get_if<JournalRun>(&record.body)) {
                return std::move(*run);
            }
        }
    }
    return std::nullopt;
}

}  // namespace

std::error_code scan_journal(io::AppendFile& file,
                             JournalScanner::Visitor visit,
                             JournalScan& scan) {
    JournalScanner scanner(std::move(visit));
    std::vector<char> chunk(kScanBytes);
    std::uint64_t offset = 0;
    for (;;) {
        std::size_t got = 0;
        if (const std::error_code error = file.read(offset, chunk, got)) {
            return error;
        }
        if (got == 0) {
            break;
        }
        scanner.feed(std::string_view(chunk.data(), got));
        offset += got;
    }
    scan = scanner.finish();
    return {};
}

std::error_code replay_journal(io::AppendFile& file, JournalReplay& replay, JournalScan& scan) {
    return scan_journal(
        file, [&](const JournalRecord& record) { return replay.apply(record); }, scan);
}

std::optional<JournalRun> find_last_run(io::AppendFile& file) {
    std::uint64_t size = 0;
    if (file.size(size)) {
        return std::nullopt;
    }
    const std::uint64_t stop = size - std::min(size, kRunSearchBytesMax);
    std::string window;
    std::uint64_t end = size;
    while (end > stop) {
        const std::uint64_t begin = std::max(stop, end - std::min<std::uint64_t>(end, kReadBytes));
        // A line may extend beyond the end of the window.
        const std::uint64_t length = std::min(size, end + kJournalLineBytesMax) - begin;
        if (read_window(file, begin, static_cast<std::size_t>(length), window)) {
            return std::nullopt;
        }
        // A line may also begin before the start of the window. The previous window overlaps this
        // one and contains such a line completely.
        if (std::optional<JournalRun> run = last_run_in(window)) {
            return run;
        }
        end = begin;
    }
    if (read_window(file, 0, kRunSearchBytesAtStart, window)) {
        return std::nullopt;
    }
    return last_run_in(window);
}

namespace {

/// Fills in the replay and the scan of `view`.
std::optional<JournalProblem> read_view(io::AppendFile& file,
                                        const std::string& name,
                                        JournalView& view) {
    if (const std::error_code error = replay_journal(file, view.replay, view.scan)) {
        return journal_io_problem(name, "read", error);
    }
    if (view.scan.state == JournalState::empty) {
        return empty_journal_problem(name);
    }
    return journal_scan_problem(name, view.scan);
}

}  // namespace

JournalResult<UnlockedJournal> open_unlocked(const std::string& path) {
    std::unique_ptr<io::PosixAppendFile> file;
    if (const std::error_code error =
            io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file)) {
        return journal_io_problem(path, "open", error);
    }
    UnlockedJournal journal;
    // The lock is checked before the file is read. If the run ends between the two, the journal is
    // shown as both held and ended, which is harmless. In the opposite order, a run that has just
    // started could be shown as killed.
    if (const std::error_code error = file->find_lock(journal.held)) {
        return journal_io_problem(path, "checking the lock", error);
    }
    journal.file = std::move(file);
    return journal;
}

JournalResult<JournalView> view_journal(const std::string& path) {
    const JournalResult<UnlockedJournal> journal = open_unlocked(path);
    if (!journal) {
        return journal.error();
    }
    JournalView view;
    view.held = journal->held;
    if (std::optional<JournalProblem> problem = read_view(*journal->file, path, view)) {
        return *std::move(problem);
    }
    return view;
}

JournalResult<JournalView> view_held_journal(io::AppendFile& file, const std::string& name) {
    JournalView view;
    view.held = true;
    if (std::optional<JournalProblem> problem = read_view(file, name, view)) {
        return *std::move(problem);
    }
    return view;
}

}  // namespace keyferry::engine
