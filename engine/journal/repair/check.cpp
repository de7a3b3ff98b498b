// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/check.hpp"

#include "engine/journal/read/open.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "io/file/posix_append_file.hpp"

#include <fmt/format.h>

#include <cassert>
#include <memory>

namespace keyferry::engine {
namespace {

std::optional<JournalEvent> event_of(const JournalRecord& record) {
    struct EventOf {
        std::optional<JournalEvent> operator()(const JournalSkipped&) const { return std::nullopt; }
        std::optional<JournalEvent> operator()(const JournalHeader&) const {
            return JournalEvent::open;
        }
        std::optional<JournalEvent> operator()(const JournalAccess&) const {
            return JournalEvent::access;
        }
        std::optional<JournalEvent> operator()(const JournalRun&) const {
            return JournalEvent::run;
        }
        std::optional<JournalEvent> operator()(const JournalJobRecord& job) const {
            return job.event;
        }
        std::optional<JournalEvent> operator()(const JournalEnd&) const {
            return JournalEvent::end;
        }
        std::optional<JournalEvent> operator()(const JournalRewrite&) const {
            return JournalEvent::rewritten;
        }
        std::optional<JournalEvent> operator()(const JournalLoss&) const {
            return JournalEvent::lost;
        }
        std::optional<JournalEvent> operator()(const JournalBefore&) const {
            return JournalEvent::before;
        }
    };
    return std::visit(EventOf{}, record.body);
}

}  // namespace

std::string_view name_of(JournalState state) noexcept {
    switch (state) {
        case JournalState::empty:
            return "empty";
        case JournalState::whole:
            return "whole";
        case JournalState::torn_tail:
            return "torn tail";
        case JournalState::damaged:
            return "damaged";
        case JournalState::header_incomplete:
            return "header incomplete";
        case JournalState::not_a_journal:
            return "not a journal";
        case JournalState::newer_version:
            return "newer version";
        case JournalState::not_understood:
            return "not understood";
    }
    return "(no state)";
}

JournalResult<JournalCheck> check_journal(const std::string& path) {
    std::unique_ptr<io::PosixAppendFile> file;
    if (const std::error_code error =
            io::PosixAppendFile::open(path, io::PosixAppendFile::Access::read_only, file)) {
        return journal_io_problem(path, "open", error);
    }
    JournalCheck check;
    if (const std::error_code error = file->find_lock(check.held)) {
        return journal_io_problem(path, "checking the lock", error);
    }
    const auto visit = [&](const JournalRecord& record) {
        std::string refusal = check.replay.apply(record);
        if (refusal.empty()) {
            const std::optional<JournalEvent> event = event_of(record);
            ++(event ? check.records.at(static_cast<std::size_t>(*event)) : check.records_skipped);
        }
        return refusal;
    };
    if (const std::error_code error = scan_journal(*file, visit, check.scan)) {
        return journal_io_problem(path, "read", error);
    }
    return check;
}

std::string verdict_text(const JournalCheck& check, const std::string& path) {
    const JournalScan& scan = check.scan;
    switch (scan.state) {
        case JournalState::empty:
            return "The file is empty because creating it was interrupted before any call was "
                   "sent. `keyferry run` can use it; a sync needs a new journal.";
        case JournalState::whole:
            return "Every byte is valid.";
        case JournalState::torn_tail:
            if (!check.held && check.replay.header().verb != JournalVerb::run) {
                return fmt::format(
                    "Valid up to byte {}. The {} bytes after it are from an interrupted write, "
                    "which is harmless, because no request that depends on them was sent.",
                    scan.good_bytes,
                    scan.bytes - scan.good_bytes);
            }
            return check.held ? fmt::format(
                                    "Valid up to byte {}; the {} bytes after it are being written.",
                                    scan.good_bytes,
                                    scan.bytes - scan.good_bytes)
                              : fmt::format(
                                    "Valid up to byte {}. The {} bytes after it are from an "
                                    "interrupted write, which is harmless. The next `keyferry run` "
                                    "copies them to {}, truncates the file and resumes.",
                                    scan.good_bytes,
                                    scan.bytes - scan.good_bytes,
                                    torn_copy_path(path));
        default:
            break;
    }
    const std::optional<JournalProblem> problem = journal_scan_problem(path, scan);
    assert(problem);
    return problem ? problem->text : std::string();
}

}  // namespace keyferry::engine
