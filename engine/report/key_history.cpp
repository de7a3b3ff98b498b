// SPDX-License-Identifier: Apache-2.0
#include "engine/report/key_history.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/report/change_report.hpp"
#include "engine/report/report_head.hpp"
#include "engine/report/run_document.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/review/replica_change.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace keyferry::engine {
namespace {

std::string unescaped(std::string_view escaped) {
    std::optional<std::string> text = read_journal_text(escaped);
    return text ? *std::move(text) : std::string(escaped);
}

KeyEvent event_of(const JournalRecord& record, const JournalJobRecord& job) {
    KeyEvent event;
    event.time = record.time;
    event.event = job.event;
    event.action = job.action;
    event.attempt = job.attempt;
    event.attribution = job.attribution;
    event.key_state = unescaped(job.state);
    event.code = unescaped(job.code);
    event.message = unescaped(job.message);
    event.request_id = unescaped(job.request_id);
    return event;
}

/// Adds the records about the jobs of one key to a history.
class HistoryReader {
  public:
    HistoryReader(KeyHistory& history, const KeyName& key) : history_(history), key_(key) {}

    std::string apply(const JournalRecord& record) {
        std::string problem = replay_.apply(record);
        const auto* job = std::get_if<JournalJobRecord>(&record.body);
        if (problem.empty() && job != nullptr && is_about_key(*job)) {
            KeyJobHistory& history = jobs_[{std::string(job->region), job->job}];
            history.job = job->job;
            history.region = unescaped(job->region);
            history.action = job->action;
            history.events.push_back(event_of(record, *job));
        }
        return problem;
    }

    void finish(bool is_held) {
        history_.report = make_run_report(replay_, is_held && !replay_.ended());
        for (auto& [place, job] : jobs_) {
            job.phase = replay_.phase(job.job);
            job.attribution = replay_.attribution(job.job);
            if (job.phase != JobPhase::done) {
                const KeyEvent& last = job.events.back();
                job.code = job.phase == JobPhase::unusable ? last.key_state : last.code;
                job.advice = std::string(advice_for(history_.report.verb, job.phase, job.code));
            }
            history_.jobs.push_back(std::move(job));
        }
    }

  private:
    bool is_about_key(const JournalJobRecord& job) {
        if (!job.key.ends_with(key_.key_id.text())) {
            return false;  // most records, without parsing the ARN
        }
        const io::Parsed<io::KeyArn> arn = io::KeyArn::parse(unescaped(job.key));
        const bool is_match = arn && (!key_.account || arn->account == *key_.account);
        if (is_match) {
            history_.accounts.insert(arn->account);
        }
        return is_match;
    }

    KeyHistory& history_;
    const KeyName& key_;
    JournalReplay replay_;
    std::map<std::pair<std::string, planner::JobIndex>, KeyJobHistory> jobs_;
};

/// The part that the change of a sync or undo changes.
std::string_view part_of(const KeyJobHistory& job) {
    const std::optional<planner::SyncStep> part = planner::part_changed_by(job.action);
    return part ? name_of(*part) : name_of(job.action);
}

/// "done (created)", "failed", "policy synced", "tags undone", "policy failed"
std::string outcome_text(const KeyJobHistory& job, JournalVerb verb) {
    if (verb != JournalVerb::run) {
        return fmt::format("{} {}",
                           part_of(job),
                           job.phase != JobPhase::done ? name_of(job.phase)
                           : verb == JournalVerb::undo ? "undone"
                                                       : "synced");
    }
    return job.attribution ? fmt::format("{} ({})", name_of(job.phase), name_of(*job.attribution))
                           : std::string(name_of(job.phase));
}

/// "sent, attempt 2", "done (created), Enabled", "TagResource sent"
std::string event_text(const KeyEvent& event, JournalVerb verb) {
    std::string text =
        event.action == io::KmsApi::replicate_key ? "" : std::string(name_of(event.action)) + " ";
    text += name_of(event.event);
    if (event.attribution && verb == JournalVerb::run) {
        text += fmt::format(" ({})", name_of(*event.attribution));
    }
    if (event.attempt > 1) {
        text += fmt::format(", attempt {}", event.attempt);
    }
    return event.key_state.empty() ? text : text + ", " + io::terminal_line(event.key_state);
}

/// The error code, the message and the request ID; empty if the record has none.
std::string reason_text(const KeyEvent& event) {
    std::string text = io::terminal_line(event.code);
    if (!event.message.empty()) {
        text += (text.empty() ? "" : ": ") + io::terminal_line(event.message);
    }
    if (event.request_id.empty()) {
        return text;
    }
    const std::string request = "request " + io::terminal_line(event.request_id);
    return text.empty() ? request : text + " (" + request + ")";
}

}  // namespace

RunReport report_of_jobs(const KeyHistory& history) {
    RunReport report;
    for (const KeyJobHistory& job : history.jobs) {
        report.counts.add(job.phase, job.attribution);
        if (is_stuck(job.phase)) {
            StuckReport stuck;
            stuck.phase = job.phase;
            stuck.code = job.code;
            stuck.jobs = 1;
            report.stuck.push_back(std::move(stuck));
        }
    }
    return report;
}

JournalResult<KeyHistory> read_key_history(const std::string& path, const KeyName& key) {
    const JournalResult<UnlockedJournal> journal = open_unlocked(path);
    if (!journal) {
        return journal.error();
    }
    KeyHistory history;
    history.journal = path;
    HistoryReader reader(history, key);
    JournalScan scan;
    if (const std::error_code error = scan_journal(
            *journal->file,
            [&](const JournalRecord& record) { return reader.apply(record); },
            scan)) {
        return journal_io_problem(path, "read", error);
    }
    if (scan.state == JournalState::empty) {
        return empty_journal_problem(path);
    }
    if (std::optional<JournalProblem> problem = journal_scan_problem(path, scan)) {
        return *std::move(problem);
    }
    reader.finish(journal->held);
    return history;
}

planner::ReportSection key_history_section(const KeyHistory& history) {
    const JournalVerb verb = history.report.verb;
    planner::ReportSection section{"journal", "In the journal", {}};
    section.blocks.emplace_back(
        planner::ReportProse{fmt::format("{}, the journal of {}",
                                         io::terminal_line(history.journal),
                                         verb == JournalVerb::run    ? "a run"
                                         : verb == JournalVerb::sync ? "a sync"
                                                                     : "an undo")});
    for (const std::string& line : run_headline(history.report)) {
        section.blocks.emplace_back(planner::ReportProse{line});
    }
    if (history.jobs.empty()) {
        section.blocks.emplace_back(planner::ReportProse{
            "No record about this key. A journal records a job only once it has started."});
        return section;
    }
    for (const KeyJobHistory& job : history.jobs) {
        planner::ReportTable table;
        table.caption =
            fmt::format("{}: {}", io::terminal_line(job.region), outcome_text(job, verb));
        table.columns = {{"time (UTC)"}, {"record", planner::TextTable::Align::left, 60}, {"code"}};
        section.blocks.emplace_back(planner::ReportProse{table.caption});
        for (const KeyEvent& event : job.events) {
            table.rows.push_back(
                {second_text(event.time), event_text(event, verb), io::terminal_line(event.code)});
        }
        section.blocks.emplace_back(std::move(table));
        const std::string reason = reason_text(job.events.back());
        if (!reason.empty()) {
            section.blocks.emplace_back(planner::ReportProse{reason});
        }
        if (!job.advice.empty()) {
            section.blocks.emplace_back(planner::ReportProse{"What to do: " + job.advice});
        }
    }
    return section;
}

boost::json::object key_history_json(const KeyHistory& history) {
    const RunReport& report = history.report;
    boost::json::object object;
    object["journal"] = history.journal;
    put_report_head(object, report);
    boost::json::array& jobs = object["jobs"].emplace_array();
    for (const KeyJobHistory& job : history.jobs) {
        boost::json::object entry;
        entry["job"] = job.job;
        entry["region"] = job.region;
        entry["action"] = name_of(job.action);
        entry["part"] = report.verb == JournalVerb::run ? boost::json::value()
                                                        : boost::json::value(part_of(job));
        entry["outcome"] = name_of(job.phase);
        entry["attribution"] = job.attribution && report.verb == JournalVerb::run
                                   ? boost::json::value(name_of(*job.attribution))
                                   : nullptr;
        entry["advice"] = job.advice;
        boost::json::array& records = entry["records"].emplace_array();
        for (const KeyEvent& event : job.events) {
            boost::json::object record;
            record["time"] = journal_time(event.time);
            record["event"] = name_of(event.event);
            record["action"] = name_of(event.action);
            record["attempt"] = event.attempt;
            record["attribution"] = event.attribution && report.verb == JournalVerb::run
                                        ? boost::json::value(name_of(*event.attribution))
                                        : nullptr;
            record["key_state"] = event.key_state;
            record["code"] = event.code;
            record["message"] = event.message;
            record["request_id"] = event.request_id;
            records.push_back(std::move(record));
        }
        jobs.push_back(std::move(entry));
    }
    return object;
}

}  // namespace keyferry::engine
