// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/recorded_changes.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/replay.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/sync/damaged_changes.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace keyferry::engine {

namespace {

/// Assembles the values of changes from their `before` records.
class ChangeReader {
  public:
    explicit ChangeReader(planner::SharedTexts& texts) : texts_(texts) {}

    /// Returns an empty string, or why the record is impossible.
    std::string take(const JournalBefore& before) {
        const std::optional<std::string> text = read_journal_text(before.text);
        const bool is_next = before.part == parts_ + 1 && before.job == changes_.size();
        if (!text || !is_next) {
            return fmt::format("the values of change {} are incomplete", before.job);
        }
        value_ += *text;
        ++parts_;
        if (before.part < before.parts) {
            return {};
        }
        const io::Parsed<io::KeyArn> replica = io::KeyArn::parse(before.key);
        std::optional<planner::ReplicaChange> change;
        if (replica) {
            change = planner::parse_change(*replica, before.action, value_, texts_);
        }
        if (!change) {
            return fmt::format("the values of change {} are invalid", before.job);
        }
        changes_.push_back(*std::move(change));
        value_.clear();
        parts_ = 0;
        return {};
    }

    std::vector<planner::ReplicaChange> changes() && { return std::move(changes_); }

  private:
    planner::SharedTexts& texts_;
    std::vector<planner::ReplicaChange> changes_;
    std::string value_;  ///< the value of the change that is being read
    std::uint64_t parts_ = 0;
};

/// Returns an empty string, or the reason why the outcomes in `replay` cannot belong to `changes`,
/// the changes whose values are complete. All values are durable before the first change is made.
std::string contradiction_in(const JournalReplay& replay,
                             const std::vector<planner::ReplicaChange>& changes) {
    const std::vector<JobPhase>& phases = replay.phases();
    for (std::size_t job = changes.size(); job < phases.size(); ++job) {
        if (phases[job] != JobPhase::not_started) {
            return fmt::format("change {} was sent, but its previous value is missing", job);
        }
    }
    const bool is_complete = changes.size() == replay.header().jobs;
    return is_complete && planner::changes_sha256(changes) != replay.header().plan_sha256
               ? "its values do not match the hash in its header"
               : "";
}

JournalProblem not_a_sync(const std::string& name, std::string_view what) {
    return {
        JournalProblem::Kind::other_verb,
        fmt::format("journal {} is {}, not from a sync. --undo needs the journal of a sync or of "
                    "an undo.",
                    name,
                    what)};
}

}  // namespace

std::optional<bool> may_be_made(JobPhase phase,
                                std::optional<Attribution> attribution,
                                bool has_all_records) noexcept {
    if (attribution == Attribution::existed) {
        return false;
    }
    switch (phase) {
        case JobPhase::not_started:
            return has_all_records ? std::optional(false) : std::nullopt;
        case JobPhase::failed:
        case JobPhase::conflict:
        case JobPhase::deferred:
        case JobPhase::blocked:
            return false;
        case JobPhase::sent:
        case JobPhase::accepted:
            return has_all_records ? std::optional(true) : std::nullopt;
        case JobPhase::done:
        case JobPhase::unknown:
        case JobPhase::unusable:
            break;
    }
    return true;
}

JournalResult<RecordedChanges> read_recorded_changes(io::AppendFile& file,
                                                     const std::string& name,
                                                     planner::SharedTexts& texts) {
    JournalReplay replay;
    ChangeReader reader(texts);
    const auto visit = [&](const JournalRecord& record) {
        std::string refusal = replay.apply(record);
        const auto* before = std::get_if<JournalBefore>(&record.body);
        if (refusal.empty() && before != nullptr) {
            refusal = reader.take(*before);
        }
        return refusal;
    };
    JournalScan scan;
    if (const std::error_code error = scan_journal(file, visit, scan)) {
        return journal_io_problem(name, "read", error);
    }
    if (scan.state == JournalState::damaged && scan.verb != JournalVerb::run &&
        scan.tail.next_sequence > 0) {
        return read_damaged_changes(file, name, scan, texts);
    }
    if (std::optional<JournalProblem> problem = journal_scan_problem(name, scan)) {
        return *std::move(problem);
    }
    if (scan.state == JournalState::empty) {
        return not_a_sync(name, "empty");
    }
    if (replay.header().verb == JournalVerb::run) {
        return not_a_sync(name, "from a run");
    }
    RecordedChanges recorded;
    recorded.header = replay.header();
    recorded.created = replay.created();
    recorded.last_record = replay.last_record();
    std::vector<planner::ReplicaChange> changes = std::move(reader).changes();
    if (const std::string contradiction = contradiction_in(replay, changes);
        !contradiction.empty()) {
        return JournalProblem(
            JournalProblem::Kind::unusable,
            fmt::format("journal {}: {}. It was edited or was written by a faulty program. Its "
                        "values are in the JSON lines whose event is `before`.",
                        name,
                        contradiction));
    }
    for (std::size_t index = 0; index < changes.size(); ++index) {
        const auto job = static_cast<planner::JobIndex>(index);
        if (may_be_made(replay.phase(job), replay.attribution(job), true) == true) {
            recorded.changes.push_back(std::move(changes[index]));
        } else if (replay.phase(job) == JobPhase::not_started && !replay.ended()) {
            recorded.unrecorded.push_back(std::move(changes[index]));
        }
    }
    recorded.missing = replay.ended() ? 0 : recorded.header.jobs - changes.size();
    recorded.not_made = recorded.header.jobs - recorded.changes.size() -
                        recorded.unrecorded.size() - recorded.missing;
    return recorded;
}

}  // namespace keyferry::engine
