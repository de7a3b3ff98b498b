// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/salvage.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/compact.hpp"
#include "engine/journal/repair/job_name_index.hpp"
#include "engine/journal/repair/rewrite.hpp"
#include "engine/journal/repair/segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <functional>
#include <variant>

namespace keyferry::engine {
namespace {

using Kind = JournalProblem::Kind;

/// Maximum number of bytes of a lost range that are searched for job numbers.
constexpr std::size_t kNamesSearchBytesMax = 64U << 10U;

/// Tests whether records belong to the segments that are carried over.
class TakenRecords {
  public:
    explicit TakenRecords(const std::vector<JournalSegment>& segments) : segments_(segments) {}

    /// Whether the record that starts at `begin` does. Call in ascending order of `begin`.
    bool has(std::uint64_t begin) {
        while (at_ < segments_.size() && begin >= segments_[at_].end) {
            ++at_;
        }
        return at_ < segments_.size() && begin >= segments_[at_].begin;
    }

  private:
    const std::vector<JournalSegment>& segments_;
    std::size_t at_ = 0;
};

/// What is missing, found by reading the valid records once.
struct Survey {
    Survey() = default;

    std::vector<std::uint64_t> refused;  ///< numbers of records that contradict earlier ones
    std::vector<LostRange> ranges;       ///< the first kLostRangesMax
    std::uint64_t ranges_total = 0;
    std::uint64_t bytes_lost = 0;
    std::uint64_t records_lost = 0;
    bool end_is_lost = false;
    /// The first record after the last gap.
    std::optional<std::uint64_t> behind_last_loss;
    std::uint64_t jobs_begun = 0;
    std::uint64_t jobs_not_begun = 0;

    // State of the reading.
    std::uint64_t next_sequence = 0;
    std::uint64_t place = 0;  ///< offset at which the next record should begin
    std::optional<io::WallTime> last_time;

    void lose(LostRange range) {
        ++ranges_total;
        bytes_lost += range.bytes;
        records_lost += range.records;
        end_is_lost = end_is_lost || range.is_end;
        if (ranges.size() < kLostRangesMax) {
            ranges.push_back(std::move(range));
        }
    }

    void take(const JournalRecord& record, std::uint64_t begin, std::uint64_t end) {
        LostRange range;
        range.offset = place;
        range.bytes = begin - std::min(begin, place);
        range.first_record = next_sequence;
        range.records = record.sequence - next_sequence;
        range.before = last_time;
        range.after = record.time;
        if (range.loses_records()) {
            behind_last_loss = record.sequence;
        }
        if (range.bytes > 0 || range.records > 0) {
            lose(std::move(range));
        }
        next_sequence = record.sequence + 1;
        place = end + 1;  // after the newline
        last_time = record.time;
    }

    void finish(std::uint64_t size) {
        if (size > place) {
            LostRange range;
            range.offset = place;
            range.bytes = size - place;
            range.first_record = next_sequence;
            range.is_end = true;
            range.before = last_time;
            lose(std::move(range));
        }
    }
};

std::error_code survey_records(io::AppendFile& file,
                               const std::vector<JournalSegment>& segments,
                               Survey& survey) {
    TakenRecords taken(segments);
    JournalReplay replay;
    bool ignored = false;
    const auto visit = [&](const JournalFrame& /*frame*/,
                           const JournalRecord& record,
                           std::uint64_t begin,
                           std::uint64_t end) {
        if (!taken.has(begin)) {
            return true;
        }
        if (!replay.apply(record).empty()) {
            survey.refused.push_back(record.sequence);
            return record.sequence != 0;
        }
        survey.take(record, begin, end);
        return true;
    };
    if (const std::error_code error = search_records(file, visit, ignored)) {
        return error;
    }
    std::uint64_t size = 0;
    const std::error_code error = file.size(size);
    survey.finish(size);
    survey.jobs_not_begun = replay.counts().of(JobPhase::untouched);
    survey.jobs_begun = replay.header().jobs - survey.jobs_not_begun;
    return error;
}

JournalLoss loss_of(const Survey& survey) {
    JournalLoss loss;
    loss.bytes = survey.bytes_lost;
    loss.records = survey.records_lost;
    return loss;
}

std::error_code write_taken(io::AppendFile& file,
                            const std::vector<JournalSegment>& segments,
                            const Survey& survey,
                            const JournalRewrite& rewrite,
                            io::WallTime now,
                            JournalRewriter& writer) {
    TakenRecords taken(segments);
    bool ignored = false;
    const auto visit = [&](const JournalFrame& /*frame*/,
                           const JournalRecord& record,
                           std::uint64_t begin,
                           std::uint64_t /*end*/) {
        const bool is_refused =
            std::binary_search(survey.refused.begin(), survey.refused.end(), record.sequence);
        if (taken.has(begin) && !is_refused) {
            // A loss at the end of the file is recorded after all other records.
            if (!survey.end_is_lost && survey.behind_last_loss == record.sequence) {
                writer.add(now, loss_of(survey));
            }
            writer.copy(record.text);
            if (record.sequence == 0) {
                writer.add(now, rewrite);
            }
        }
        return !writer.error();
    };
    const std::error_code error = search_records(file, visit, ignored);
    if (survey.end_is_lost) {
        writer.add(now, loss_of(survey));
    }
    return error;
}

/// Returns the job numbers that occur in `bytes`.
std::vector<std::uint64_t> jobs_named_in(std::string_view bytes) {
    constexpr std::string_view kName = "\"job\":";
    std::vector<std::uint64_t> jobs;
    for (std::size_t at = bytes.find(kName);
         at != std::string_view::npos && jobs.size() < kLostJobsNamedMax;
         at = bytes.find(kName, at + 1)) {
        std::uint64_t job = 0;
        const char* const first = bytes.data() + at + kName.size();
        const char* const end = bytes.data() + bytes.size();
        const std::from_chars_result read = std::from_chars(first, end, job);
        // A number that is cut off would be a different number.
        const bool is_whole = read.ec == std::errc() && read.ptr != end && *read.ptr == ',';
        if (is_whole && std::find(jobs.begin(), jobs.end(), job) == jobs.end()) {
            jobs.push_back(job);
        }
    }
    return jobs;
}

std::error_code name_jobs(io::AppendFile& file, LostRange& range) {
    std::string bytes(
        static_cast<std::size_t>(std::min<std::uint64_t>(range.bytes, kNamesSearchBytesMax)), '\0');
    std::size_t got = 0;
    const std::error_code error = file.read(range.offset, bytes, got);
    range.jobs_named = jobs_named_in(std::string_view(bytes).substr(0, got));
    return error;
}

/// Returns why the journal with this scan result cannot or need not be salvaged, if so.
std::optional<JournalProblem> why_no_salvage(const JournalScan& scan, const std::string& name) {
    switch (scan.state) {
        case JournalState::whole:
            return JournalProblem(
                Kind::not_needed,
                fmt::format("journal {} is whole: there is nothing to salvage.", name));
        case JournalState::torn_tail:
            return JournalProblem(
                Kind::not_needed,
                fmt::format("journal {} is good up to byte {}, and the {} bytes behind it are of a "
                            "write that was cut short: there is nothing to salvage. `keyferry run` "
                            "repairs it by itself.",
                            name,
                            scan.good_bytes,
                            scan.bytes - scan.good_bytes));
        case JournalState::empty:
            return JournalProblem(Kind::unusable, fmt::format("journal {} is empty.", name));
        case JournalState::newer_version:
        case JournalState::header_incomplete:
            return journal_scan_problem(name, scan);
        case JournalState::damaged:
        case JournalState::not_understood:
        case JournalState::not_a_journal:
            break;
    }
    return std::nullopt;
}

/// Keeps only the segments that belong to one journal and name the jobs of one plan.
std::error_code keep_one_journal(io::AppendFile& from, std::vector<JournalSegment>& segments) {
    JobNameIndex names;
    std::error_code error;
    const auto note = [&](const JournalFrame& /*frame*/,
                          const JournalRecord& record,
                          std::uint64_t /*begin*/,
                          std::uint64_t /*end*/) {
        if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
            names.note(*job);
        }
        return true;
    };
    const auto is_consistent = [&](const JournalSegment& segment) {
        error = error ? error : search_records_of(from, segment, note);
        if (segment.first_sequence == 0) {
            names.take_noted_that_fit();
            return true;
        }
        return names.take_noted();
    };
    segments = segments_of_one_journal(std::move(segments), is_consistent);
    return error;
}

/// Finds the segments to carry over.
JournalResult<std::vector<JournalSegment>> take_segments(io::AppendFile& from,
                                                         const std::string& name) {
    std::vector<JournalSegment> segments;
    bool needs_later_version = false;
    if (const std::error_code error = find_segments(from, segments, needs_later_version)) {
        return journal_io_problem(name, "read", error);
    }
    if (needs_later_version) {
        return JournalProblem(Kind::newer_version,
                              fmt::format("journal {} has records that this version of keyferry "
                                          "does not know. Use the version that wrote it.",
                                          name));
    }
    if (segments.size() > kSegmentsMax) {
        return JournalProblem(
            Kind::unusable,
            fmt::format("journal {} is in more than {} pieces. Start a new journal: jobs whose "
                        "replica exists will be found to exist.",
                        name,
                        kSegmentsMax));
    }
    if (const std::error_code error = keep_one_journal(from, segments)) {
        return journal_io_problem(name, "read", error);
    }
    if (segments.empty()) {
        return JournalProblem(
            Kind::unusable,
            fmt::format("{} has no header of a keyferry journal, or one that was changed, so "
                        "nothing says which plan it belongs to. Start a new journal: jobs whose "
                        "replica exists will be found to exist.",
                        name));
    }
    return segments;
}

/// Reads the new journal back, as a run does.
std::optional<JournalProblem> read_back(io::AppendFile& to,
                                        const std::string& name,
                                        SalvagedJournal& salvaged) {
    JournalScan scan;
    if (const std::error_code error = replay_journal(to, salvaged.replay, scan)) {
        return journal_io_problem(name, "reading the new journal back", error);
    }
    if (scan.state != JournalState::whole) {
        return JournalProblem(
            Kind::io,
            fmt::format("journal {}: what was written is not what is read back: {}. The disk may "
                        "be failing.",
                        name,
                        scan.problem));
    }
    const JournalReplay& replay = salvaged.replay;
    for (planner::JobIndex job = 0; job < replay.phases().size(); ++job) {
        const bool in_doubt =
            resume_as(replay.phase(job), replay.open_job(job), false) == ResumeAs::in_progress;
        salvaged.jobs_in_doubt += in_doubt ? 1 : 0;
    }
    return std::nullopt;
}

SalvagedJournal summary_of(Survey survey, std::uint64_t bytes_before) {
    SalvagedJournal salvaged;
    salvaged.bytes_before = bytes_before;
    salvaged.records = survey.next_sequence - survey.records_lost;
    salvaged.records_lost = survey.records_lost;
    salvaged.bytes_lost = survey.bytes_lost;
    salvaged.end_is_lost = survey.end_is_lost;
    salvaged.ranges_total = survey.ranges_total;
    salvaged.ranges = std::move(survey.ranges);
    return salvaged;
}

}  // namespace

JournalResult<SalvagedJournal> salvage_journal(io::AppendFile& from,
                                               io::AppendFile& to,
                                               io::WallTime now,
                                               const std::string& name) {
    JournalReplay replay;
    JournalScan scan;
    std::error_code error = replay_journal(from, replay, scan);
    std::optional<JournalProblem> problem = why_no_salvage(scan, name);
    if (!problem) {
        problem = check_is_of_run(replay.header(),
                                  name,
                                  "It cannot be salvaged, since no run resumes from it. The lines "
                                  "of its `before` records that are still intact show the previous "
                                  "values of the replicas.");
    }
    if (error || problem) {
        return error ? journal_io_problem(name, "read", error) : *std::move(problem);
    }
    const JournalResult<std::vector<JournalSegment>> segments = take_segments(from, name);
    if (!segments) {
        return segments.error();
    }
    Survey survey;
    error = survey_records(from, *segments, survey);
    for (LostRange& range : survey.ranges) {
        error = error ? error : name_jobs(from, range);
    }
    if (error) {
        return journal_io_problem(name, "read", error);
    }
    if (survey.next_sequence == 0) {
        return JournalProblem(Kind::unusable,
                              fmt::format("journal {}: its header says what cannot be.", name));
    }

    JournalRewrite rewrite;
    rewrite.how = JournalRewrite::How::salvaged;
    rewrite.records_before = survey.next_sequence - survey.records_lost;
    rewrite.records_lost = survey.records_lost;
    rewrite.jobs_carried = survey.jobs_begun;
    rewrite.jobs_not_begun = survey.jobs_not_begun;
    JournalRewriter writer(to);
    error = write_taken(from, *segments, survey, rewrite, now, writer);
    if (error) {
        return journal_io_problem(name, "read", error);
    }
    if (const std::error_code failed = writer.finish()) {
        return journal_io_problem(name, "writing the new journal", failed);
    }
    SalvagedJournal salvaged = summary_of(std::move(survey), scan.bytes);
    problem = read_back(to, name, salvaged);
    if (!problem) {
        problem = rewrite_version_problem(salvaged.replay.header().version, name);
    }
    if (problem) {
        return *std::move(problem);
    }
    return salvaged;
}

}  // namespace keyferry::engine
