// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/salvage.hpp"

#include "engine/journal/read/binding.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/compact.hpp"
#include "engine/journal/repair/record_chains.hpp"
#include "engine/journal/repair/rewrite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace keyferry::engine {
namespace {

using Kind = JournalProblem::Kind;

/// Determines which records are missing, in one pass over the intact records.
class Survey {
  public:
    explicit Survey(SalvagedJournal& found) : found_(found) {}

    bool take(const JournalRecord& record, std::uint64_t begin, std::uint64_t end) {
        std::string problem = replay_.apply(record);
        if (!problem.empty()) {
            if (record.sequence == 0) {
                header_problem_ = std::move(problem);
            }
            refused_.push_back(record.sequence);
            return record.sequence != 0;
        }
        LostRange range;
        range.offset = place_;
        range.bytes = begin - std::min(begin, place_);
        range.first_record = next_sequence_;
        range.records = record.sequence - next_sequence_;
        range.before = last_time_;
        range.after = record.time;
        if (range.records > 0) {
            behind_last_loss_ = record.sequence;
        }
        lose(range);
        ++found_.records;
        next_sequence_ = record.sequence + 1;
        place_ = std::max(place_, end + 1);  // after the newline
        last_time_ = record.time;
        return true;
    }

    /// `size` is the size of the file.
    void finish(std::uint64_t size) {
        LostRange range;
        range.offset = place_;
        range.bytes = size - std::min(size, place_);
        range.first_record = next_sequence_;
        range.is_end = range.bytes > 0;
        range.before = last_time_;
        lose(range);
    }

    /// Why the header is invalid; empty if it is valid.
    [[nodiscard]] const std::string& header_problem() const noexcept { return header_problem_; }
    /// Whether the record is left out because it contradicts earlier ones.
    [[nodiscard]] bool is_refused(std::uint64_t sequence) const {
        return std::binary_search(refused_.begin(), refused_.end(), sequence);
    }
    /// Whether the record is the first one after the last gap. If the end of the file is lost, no
    /// record is.
    [[nodiscard]] bool is_behind_last_loss(std::uint64_t sequence) const {
        return !found_.end_is_lost && behind_last_loss_ == sequence;
    }
    [[nodiscard]] JournalLoss loss() const {
        JournalLoss loss;
        loss.bytes = found_.bytes_lost;
        loss.records = found_.records_lost;
        return loss;
    }
    [[nodiscard]] JournalRewrite rewrite() const {
        JournalRewrite rewrite;
        rewrite.how = JournalRewrite::How::salvaged;
        rewrite.records_before = found_.records;
        rewrite.records_lost = found_.records_lost;
        rewrite.jobs_not_begun = replay_.counts().of(JobPhase::not_started);
        rewrite.jobs_carried = replay_.header().jobs - rewrite.jobs_not_begun;
        return rewrite;
    }

  private:
    void lose(const LostRange& range) {
        found_.bytes_lost += range.bytes;
        found_.records_lost += range.records;
        found_.end_is_lost = range.is_end;
        if (range.records == 0 && !range.is_end) {
            return;
        }
        ++found_.ranges_total;
        if (found_.ranges.size() < kLostRangesMax) {
            found_.ranges.push_back(range);
        }
    }

    SalvagedJournal& found_;
    JournalReplay replay_;
    std::string header_problem_;
    std::vector<std::uint64_t> refused_;             ///< numbers of records
    std::optional<std::uint64_t> behind_last_loss_;  ///< number of a record
    std::uint64_t next_sequence_ = 0;
    std::uint64_t place_ = 0;  ///< offset at which the next record is expected to begin
    std::optional<io::WallTime> last_time_;
};

std::error_code write_records(io::AppendFile& file,
                              const std::vector<RecordChain>& chains,
                              const Survey& survey,
                              bool end_is_lost,
                              io::WallTime now,
                              JournalRewriter& writer) {
    const auto copy = [&](const JournalRecord& record, std::uint64_t, std::uint64_t) {
        if (survey.is_refused(record.sequence)) {
            return true;
        }
        if (survey.is_behind_last_loss(record.sequence)) {
            writer.add(now, survey.loss());
        }
        writer.copy(record.text);
        if (record.sequence == 0) {
            writer.add(now, survey.rewrite());
        }
        return !writer.error();
    };
    const std::error_code error = read_chains(file, chains, copy);
    if (end_is_lost) {
        writer.add(now, survey.loss());
    }
    return error;
}

/// Returns the reason why a journal with this scan result cannot or need not be salvaged, or
/// nullopt if it can be salvaged.
std::optional<JournalProblem> why_no_salvage(const JournalScan& scan, const std::string& name) {
    switch (scan.state) {
        case JournalState::whole:
            return JournalProblem(
                Kind::not_needed,
                fmt::format("journal {} is intact, so there is nothing to salvage.", name));
        case JournalState::torn_tail:
            return JournalProblem(
                Kind::not_needed,
                fmt::format("journal {} is valid up to byte {}, and the {} bytes after it are from "
                            "an interrupted write, so there is nothing to salvage. `keyferry run` "
                            "repairs the file.",
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

/// Finds the records to carry over.
JournalResult<std::vector<RecordChain>> find_records(io::AppendFile& from,
                                                     const std::string& name) {
    std::vector<RecordChain> chains;
    bool needs_later_version = false;
    if (const std::error_code error = find_journal_chains(from, chains, needs_later_version)) {
        return journal_io_problem(name, "read", error);
    }
    if (needs_later_version) {
        return JournalProblem(
            Kind::newer_version,
            fmt::format("journal {} has records that this version of keyferry does not support. "
                        "Use the version of keyferry that wrote it.",
                        name));
    }
    if (chains.empty()) {
        return JournalProblem(
            Kind::unusable,
            fmt::format(
                "{} does not have the header of a keyferry journal, or the header was changed, so "
                "it is unknown which plan the file belongs to. Start a new journal; replicas that "
                "already exist will be detected and not created again.",
                name));
    }
    return chains;
}

/// Reads the new journal back in the same way as a run.
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
            fmt::format(
                "journal {}: the data read back differs from the data written: {}. The disk may "
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
        problem = check_is_of_run(
            replay.header(),
            name,
            "It cannot be salvaged, because only journals of runs can be resumed from. Its intact "
            "`before` records contain the replicas' previous values.");
    }
    if (error || problem) {
        return error ? journal_io_problem(name, "read", error) : *std::move(problem);
    }
    const JournalResult<std::vector<RecordChain>> chains = find_records(from, name);
    if (!chains) {
        return chains.error();
    }
    SalvagedJournal salvaged;
    salvaged.bytes_before = scan.bytes;
    Survey survey(salvaged);
    error = read_chains(from, *chains, [&](const auto& record, auto begin, auto end) {
        return survey.take(record, begin, end);
    });
    if (error) {
        return journal_io_problem(name, "read", error);
    }
    if (salvaged.records == 0) {
        return JournalProblem(
            Kind::unusable,
            fmt::format("journal {}: its header is invalid: {}.", name, survey.header_problem()));
    }
    survey.finish(scan.bytes);
    JournalRewriter writer(to);
    error = write_records(from, *chains, survey, salvaged.end_is_lost, now, writer);
    if (error) {
        return journal_io_problem(name, "read", error);
    }
    if (const std::error_code failed = writer.finish()) {
        return journal_io_problem(name, "writing the new journal", failed);
    }
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
