// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/compact.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/rewrite.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::engine {
namespace {

/// Takes a journal's records in order and writes those that are kept.
class Compaction {
  public:
    Compaction(const JournalReplay& replay, JournalRewriter& writer)
        : replay_(replay), writer_(writer), is_written_(replay.phases().size(), false) {}

    void take(const JournalRecord& record) {
        if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
            take_job(record, *job);
            return;
        }
        if (std::holds_alternative<JournalRun>(record.body)) {
            write_last_of_run();
        }
        last_of_run_.clear();
        writer_.copy(record.text);
    }

    /// Call after the last record.
    void finish() { write_last_of_run(); }

  private:
    void take_job(const JournalRecord& record, const JournalJobRecord& job) {
        if (replay_.phase(job.job) != JobPhase::done) {
            last_of_run_.clear();
            writer_.copy(record.text);
            return;
        }
        if (job.event == JournalEvent::done && !is_written_[job.job]) {
            is_written_[job.job] = true;
            last_of_run_.clear();
            write_done(record, job);
            return;
        }
        if (job.event == JournalEvent::sent && !is_written_[job.job]) {
            digests_[job.job] = job.digest;
        }
        last_of_run_ = record.text;
    }

    void write_done(const JournalRecord& record, const JournalJobRecord& job) {
        const auto digest = digests_.find(job.job);
        const bool is_moved = digest != digests_.end() && !digest->second.empty();
        writer_.copy(is_moved && job.digest.empty()
                         ? with_digest(record.text, digest->second, buffer_)
                         : record.text);
        if (digest != digests_.end()) {
            digests_.erase(digest);
        }
    }

    void write_last_of_run() {
        if (!last_of_run_.empty()) {
            writer_.copy(last_of_run_);
        }
    }

    const JournalReplay& replay_;
    JournalRewriter& writer_;
    std::vector<bool> is_written_;  ///< whether the job's `done` record has been written
    /// Digests of jobs whose `sent` record has been read and whose `done` record has not.
    boost::unordered_flat_map<planner::JobIndex, std::string> digests_;
    std::string last_of_run_;  ///< the last record of the current run, if it was left out
    std::string buffer_;
};

}  // namespace

std::optional<JournalProblem> rewrite_version_problem(int version, const std::string& name) {
    if (version <= kJournalVersion) {
        return std::nullopt;
    }
    return JournalProblem(JournalProblem::Kind::newer_version,
                          fmt::format("journal {} has format version {}; this program writes {}. "
                                      "Use the version of keyferry that created it.",
                                      name,
                                      version,
                                      kJournalVersion));
}

JournalResult<CompactedJournal> compact_journal(io::AppendFile& from,
                                                io::AppendFile& to,
                                                io::WallTime now,
                                                const std::string& name) {
    JournalReplay replay;
    JournalScan scan;
    if (const std::error_code error = replay_journal(from, replay, scan)) {
        return journal_io_problem(name, "read", error);
    }
    std::optional<JournalProblem> problem = journal_scan_problem(name, scan);
    if (!problem) {
        problem = rewrite_version_problem(replay.header().version, name);
    }
    if (!problem) {
        problem = check_is_of_run(replay.header(),
                                  name,
                                  "It cannot be compacted, because it has few records per change "
                                  "and `keyferry sync --undo` needs its previous values.");
    }
    if (!problem && scan.state == JournalState::empty) {
        problem = JournalProblem(
            JournalProblem::Kind::unusable,
            fmt::format("journal {} is empty, so there is nothing to compact.", name));
    }
    if (problem) {
        return *std::move(problem);
    }
    const std::uint64_t not_started = replay.counts().of(JobPhase::not_started);
    JournalRewrite rewrite;
    rewrite.how = JournalRewrite::How::compacted;
    rewrite.records_before = scan.tail.next_sequence;
    rewrite.jobs_carried = replay.header().jobs - not_started;
    rewrite.jobs_not_begun = not_started;

    JournalRewriter writer(to);
    Compaction compaction(replay, writer);
    const auto visit = [&](const JournalRecord& record) -> std::string {
        compaction.take(record);
        if (record.sequence == 0) {
            writer.add(now, rewrite);
        }
        return writer.error() ? "stop" : "";
    };
    JournalScan second;
    if (const std::error_code error = scan_journal(from, visit, second)) {
        return journal_io_problem(name, "read", error);
    }
    compaction.finish();
    if (!writer.error() && second.tail != scan.tail) {
        return journal_io_problem(
            name, "reading it (two reads returned different data)", {EIO, std::system_category()});
    }
    if (const std::error_code error = writer.finish()) {
        return journal_io_problem(name, "writing the compacted journal", error);
    }
    CompactedJournal compacted;
    compacted.records_before = scan.tail.next_sequence;
    compacted.records = writer.records();
    compacted.bytes_before = scan.bytes;
    compacted.bytes = writer.bytes();
    compacted.torn_bytes = scan.bytes - scan.good_bytes;
    compacted.jobs_done = replay.counts().of(JobPhase::done);
    return compacted;
}

}  // namespace keyferry::engine
