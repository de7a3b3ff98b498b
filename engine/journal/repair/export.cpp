// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/export.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/scan_file.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <variant>
#include <vector>

namespace keyferry::engine {
namespace {

constexpr std::uint64_t kNoRecord = std::numeric_limits<std::uint64_t>::max();

/// The details of jobs, collected until the record that determines a job's phase is reached.
class JobSummaries {
  public:
    void begin(std::size_t jobs) {
        deciding_.assign(jobs, kNoRecord);
        first_sent_.assign(jobs, kNoSendOnRecord);
        attempts_.assign(jobs, 0);
    }

    /// `stays_done`: whether the job was done before this record and is still done. A later run may
    /// have found that its replica is gone or unusable.
    void take(const JournalRecord& record, const JournalJobRecord& job, bool stays_done) {
        if (stays_done) {
            return;
        }
        deciding_[job.job] = record.sequence;
        if (job.event == JournalEvent::sent) {
            first_sent_[job.job] = std::min(first_sent_[job.job], record.time);
            ++attempts_[job.job];
        }
    }

    bool decides(const JournalRecord& record, const JournalJobRecord& job) const {
        return deciding_[job.job] == record.sequence;
    }
    std::optional<io::WallTime> first_sent(planner::JobIndex job) const {
        return first_sent_[job] == kNoSendOnRecord ? std::nullopt : std::optional(first_sent_[job]);
    }
    int attempts(planner::JobIndex job) const { return attempts_[job]; }

  private:
    std::vector<std::uint64_t> deciding_;
    std::vector<io::WallTime> first_sent_;
    std::vector<int> attempts_;
};

void set_text(std::string& text, std::string_view escaped) {
    std::optional<std::string> plain = read_journal_text(escaped);
    text = plain ? *std::move(plain) : std::string(escaped);
}

JournalJobRow row_of(const JournalRecord& record,
                     const JournalJobRecord& job,
                     const JobSummaries& summaries,
                     const JournalReplay& replay) {
    JournalJobRow row;
    row.job = job.job;
    set_text(row.key, job.key);
    set_text(row.region, job.region);
    row.phase = replay.phase(job.job);
    row.attribution = row.phase == JobPhase::done ? job.attribution : std::nullopt;
    set_text(row.key_state, job.state);
    row.attempts = summaries.attempts(job.job);
    row.first_sent = summaries.first_sent(job.job);
    row.last_record = record.time;
    row.creation_date_s = job.creation_date_s;
    if (const std::optional<OpenJob> open = replay.open_job(job.job);
        open && !row.creation_date_s) {
        row.creation_date_s = open->creation_date_s;
    }
    set_text(row.code, job.code);
    set_text(row.message, job.message);
    set_text(row.request_id, job.request_id);
    row.action = job.action;
    return row;
}

}  // namespace

JournalResult<ExportedJournal> export_journal(io::AppendFile& from,
                                              JournalExportSink& sink,
                                              const std::string& name) {
    ExportedJournal exported;
    JobSummaries summaries;
    const auto summarize = [&](const JournalRecord& record) {
        const auto* job = std::get_if<JournalJobRecord>(&record.body);
        const bool is_known = job != nullptr && job->job < exported.replay.phases().size();
        const bool was_done = is_known && exported.replay.phase(job->job) == JobPhase::done;
        std::string refusal = exported.replay.apply(record);
        if (record.sequence == 0 && refusal.empty()) {
            summaries.begin(exported.replay.phases().size());
        }
        if (job != nullptr && refusal.empty()) {
            summaries.take(
                record, *job, was_done && exported.replay.phase(job->job) == JobPhase::done);
        }
        return refusal;
    };
    JournalScan scan;
    if (const std::error_code error = scan_journal(from, summarize, scan)) {
        return journal_io_problem(name, "read", error);
    }
    if (std::optional<JournalProblem> problem = journal_scan_problem(name, scan)) {
        return *std::move(problem);
    }
    sink.begin();
    const auto hand_out = [&](const JournalRecord& record) -> std::string {
        if (record.sequence >= scan.tail.next_sequence) {
            return "written later";
        }
        sink.record(record);
        const auto* job = std::get_if<JournalJobRecord>(&record.body);
        if (job != nullptr && summaries.decides(record, *job)) {
            sink.job(row_of(record, *job, summaries, exported.replay));
            ++exported.rows;
        }
        return {};
    };
    JournalScan again;
    if (const std::error_code error = scan_journal(from, hand_out, again)) {
        return journal_io_problem(name, "read", error);
    }
    if (again.tail != scan.tail) {
        return journal_io_problem(
            name, "reading it (two reads returned different data)", {EIO, std::system_category()});
    }
    exported.records = scan.tail.next_sequence;
    exported.jobs = exported.replay.header().jobs;
    exported.jobs_without_records = exported.replay.counts().of(JobPhase::not_started);
    return exported;
}

}  // namespace keyferry::engine
