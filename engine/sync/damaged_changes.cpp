// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/damaged_changes.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/replay.hpp"
#include "engine/journal/repair/record_chains.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::engine {

namespace {

/// The intact records of a damaged journal.
class IntactRecords {
  public:
    explicit IntactRecords(planner::SharedTexts& texts) : texts_(texts) {}

    /// Takes the next record, which ends at the offset `end`. Returns false if the header is
    /// invalid.
    bool take(const JournalRecord& record, std::uint64_t end) {
        if (record.sequence != next_sequence_) {
            records_lost_ += record.sequence - next_sequence_;
            after_last_gap_ = record.sequence;
        }
        next_sequence_ = record.sequence + 1;
        end_ = end;
        if (!replay_.apply(record).empty()) {
            has_impossible_record_ = true;
            return record.sequence != 0;
        }
        if (const auto* before = std::get_if<JournalBefore>(&record.body)) {
            last_before_ = record.sequence;
            note_name(before->job, before->key, before->action);
            take_value(*before);
        } else if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
            note_name(job->job, job->key, job->action);
        }
        return true;
    }

    /// Whether the file, which has `bytes` bytes, still contains the outcomes of all changes. This
    /// is the case if every gap precedes a `before` record, because all `before` records precede
    /// the first change.
    [[nodiscard]] bool has_all_outcomes(std::uint64_t bytes) const noexcept {
        const bool is_end_lost = bytes > end_ + 1;  // after the newline
        return !is_end_lost && !has_impossible_record_ && after_last_gap_ <= last_before_;
    }

    [[nodiscard]] const JournalReplay& replay() const noexcept { return replay_; }
    [[nodiscard]] std::uint64_t records_lost() const noexcept { return records_lost_; }

    /// Returns the change, or null if its values are not intact.
    [[nodiscard]] const planner::ReplicaChange* value_of(planner::JobIndex job) const {
        const auto found = values_.find(job);
        return found == values_.end() ? nullptr : &found->second;
    }

    [[nodiscard]] std::vector<planner::ReplicaChange> values() const {
        std::vector<planner::ReplicaChange> values;
        for (const auto& [job, change] : values_) {
            values.push_back(change);
        }
        return values;
    }

    [[nodiscard]] LostChange lost(planner::JobIndex job) const {
        LostChange lost(job);
        if (const auto name = names_.find(job); name != names_.end()) {
            lost.replica = name->second.first;
            lost.action = name->second.second;
        }
        lost.has_value = value_of(job) != nullptr;
        return lost;
    }

  private:
    void note_name(planner::JobIndex job, std::string_view key, io::KmsApi action) {
        if (const io::Parsed<io::KeyArn> replica = io::KeyArn::parse(key); replica) {
            names_.try_emplace(job, *replica, action);
        }
    }

    void take_value(const JournalBefore& before) {
        if (before.part == 1) {
            job_ = before.job;
            parts_ = 0;
            value_.clear();
        }
        const std::optional<std::string> text = read_journal_text(before.text);
        if (!text || job_ != before.job || before.part != parts_ + 1) {
            job_.reset();  // a part is missing
            return;
        }
        value_ += *text;
        parts_ = before.part;
        if (before.part < before.parts) {
            return;
        }
        job_.reset();
        const io::Parsed<io::KeyArn> replica = io::KeyArn::parse(before.key);
        if (!replica) {
            return;
        }
        if (auto change = planner::parse_change(*replica, before.action, value_, texts_)) {
            values_.insert_or_assign(before.job, *std::move(change));
        }
    }

    planner::SharedTexts& texts_;
    JournalReplay replay_;
    std::uint64_t next_sequence_ = 0;
    std::uint64_t end_ = 0;  ///< offset of the end of the last record
    std::uint64_t records_lost_ = 0;
    std::uint64_t after_last_gap_ = 0;  ///< number of the first record after the last gap
    std::uint64_t last_before_ = 0;     ///< number of the last `before` record
    bool has_impossible_record_ = false;
    std::map<planner::JobIndex, planner::ReplicaChange> values_;
    std::map<planner::JobIndex, std::pair<io::KeyArn, io::KmsApi>> names_;
    std::optional<planner::JobIndex> job_;  ///< the job whose value is being read
    std::uint64_t parts_ = 0;               ///< number of parts of this value read so far
    std::string value_;
};

JournalProblem unusable(const std::string& name, std::string_view why) {
    return {
        JournalProblem::Kind::unusable,
        fmt::format("journal {} is damaged, and {}. Restore the file from a backup. The remaining "
                    "values are in the journal, in the JSON lines whose event is `before`.",
                    name,
                    why)};
}

std::string damage_text(const IntactRecords& records, bool has_all_outcomes) {
    return records.records_lost() == 1 ? std::string("one of its records is lost")
           : records.records_lost() > 1
               ? fmt::format("{} of its records are lost", records.records_lost())
           : has_all_outcomes ? std::string("some of its data is invalid")
                              : std::string("records at its end may be lost");
}

}  // namespace

JournalResult<RecordedChanges> read_damaged_changes(io::AppendFile& file,
                                                    const std::string& name,
                                                    const JournalScan& scan,
                                                    planner::SharedTexts& texts) {
    std::vector<RecordChain> chains;
    bool needs_later_version = false;
    if (const std::error_code error = find_journal_chains(file, chains, needs_later_version)) {
        return journal_io_problem(name, "read", error);
    }
    if (needs_later_version) {
        return unusable(name, "it has records from a later version of keyferry");
    }
    if (chains.empty()) {
        return journal_scan_problem(name, scan).value();
    }
    IntactRecords records(texts);
    bool is_header_possible = true;
    const auto take = [&](const JournalRecord& record, std::uint64_t, std::uint64_t end) {
        is_header_possible = records.take(record, end);
        return is_header_possible;
    };
    if (const std::error_code error = read_chains(file, chains, take)) {
        return journal_io_problem(name, "read", error);
    }
    if (!is_header_possible) {
        return unusable(name, "its header is invalid");
    }
    const JournalReplay& replay = records.replay();
    const bool has_all_outcomes = records.has_all_outcomes(scan.bytes);
    RecordedChanges recorded;
    recorded.header = replay.header();
    recorded.created = replay.created();
    recorded.last_record = replay.last_record();
    recorded.damage = damage_text(records, has_all_outcomes);
    const std::vector<planner::ReplicaChange> values = records.values();
    if (values.size() == recorded.header.jobs &&
        planner::changes_sha256(values) != recorded.header.plan_sha256) {
        return unusable(name, "its values do not match the hash in its header");
    }
    for (planner::JobIndex job = 0; job < recorded.header.jobs; ++job) {
        const std::optional<bool> is_made =
            may_be_made(replay.phase(job), replay.attribution(job), has_all_outcomes);
        const planner::ReplicaChange* const value = records.value_of(job);
        if (is_made == false) {
            ++recorded.not_made;
        } else if (is_made && value != nullptr) {
            recorded.changes.push_back(*value);
        } else {
            recorded.lost.push_back(records.lost(job));
        }
    }
    return recorded;
}

}  // namespace keyferry::engine
