// SPDX-License-Identifier: Apache-2.0
#include "engine/report/unfinished_jobs.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/report/change_report.hpp"
#include "engine/report/report_head.hpp"
#include "engine/report/run_document.hpp"
#include "engine/report/stuck_sections.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace keyferry::engine {
namespace {

class UnfinishedSink final : public JournalExportSink {
  public:
    explicit UnfinishedSink(std::vector<JournalJobRow>& jobs) : jobs_(jobs) {}

    void begin() override {}
    void record(const JournalRecord& /*record*/) override {}
    void job(const JournalJobRow& row) override {
        if (row.phase != JobPhase::done) {
            jobs_.push_back(row);
        }
    }

  private:
    std::vector<JournalJobRow>& jobs_;
};

StuckExample example_of(const JournalJobRow& row) {
    StuckExample example;
    example.job = row.job;
    example.key = row.key;
    example.region = row.region;
    example.message = row.message;
    example.request_id = row.request_id;
    example.time = row.last_record;
    return example;
}

/// The jobs by phase, code and form of the message, with all of them as examples.
std::vector<StuckReport> grouped(const UnfinishedJobs& unfinished) {
    struct Group {
        StuckReport report;
        MessagePattern message;
        std::map<std::string, std::uint64_t> jobs_by_region;
    };
    std::map<std::tuple<JobPhase, std::string, std::string>, Group> groups;
    for (const JournalJobRow& row : unfinished.jobs) {
        MessagePattern message(row.message);
        Group& group = groups[{row.phase, code_of(row), message.form()}];
        if (group.report.jobs++ == 0) {
            group.report.phase = row.phase;
            group.report.code = code_of(row);
            group.report.advice = advice_on(row, unfinished.report.verb);
            group.message = std::move(message);
        } else {
            group.message.merge(message);
        }
        ++group.jobs_by_region[row.region];
        group.report.examples.push_back(example_of(row));
    }
    std::vector<StuckReport> reports;
    for (auto& [reason, group] : groups) {
        group.report.message = group.message.text();
        group.report.jobs_by_region.assign(group.jobs_by_region.begin(),
                                           group.jobs_by_region.end());
        reports.push_back(std::move(group.report));
    }
    sort_by_jobs(reports);
    return reports;
}

}  // namespace

const std::string& code_of(const JournalJobRow& row) {
    return row.phase == JobPhase::unusable ? row.key_state : row.code;
}

JournalResult<UnfinishedJobs> read_unfinished_jobs(const std::string& path) {
    const JournalResult<UnlockedJournal> journal = open_unlocked(path);
    if (!journal) {
        return journal.error();
    }
    UnfinishedJobs unfinished;
    UnfinishedSink sink(unfinished.jobs);
    const JournalResult<ExportedJournal> exported = export_journal(*journal->file, sink, path);
    if (!exported) {
        return exported.error();
    }
    if (exported->records == 0) {
        return empty_journal_problem(path);
    }
    unfinished.report =
        make_run_report(exported->replay, journal->held && !exported->replay.ended());
    unfinished.not_started = exported->jobs_without_records;
    std::sort(
        unfinished.jobs.begin(), unfinished.jobs.end(), [](const auto& one, const auto& other) {
            return std::tie(one.phase, code_of(one), one.key, one.region, one.job) <
                   std::tie(other.phase, code_of(other), other.key, other.region, other.job);
        });
    return unfinished;
}

std::string_view advice_on(const JournalJobRow& row, JournalVerb verb) {
    return advice_for(verb, row.phase, code_of(row));
}

planner::ReportDocument unfinished_jobs_document(const UnfinishedJobs& unfinished) {
    const RunReport& report = unfinished.report;
    planner::ReportDocument document = run_document(report);
    document.sections = stuck_sections(grouped(unfinished), report.verb);
    if (unfinished.not_started > 0) {
        document.sections.push_back(
            {"not-started",
             "Not started",
             {planner::ReportProse{fmt::format(
                 "{} without records in the journal and not listed. A rerun starts them.",
                 planner::counted(unfinished.not_started, "job is", "jobs are"))}}});
    }
    return document;
}

std::string unfinished_jobs_json(const UnfinishedJobs& unfinished) {
    const RunReport& report = unfinished.report;
    boost::json::object object;
    object["format"] = "keyferry-unfinished-jobs-1";
    put_report_head(object, report);
    object["not_started"] = unfinished.not_started;
    boost::json::array& jobs = object["jobs"].emplace_array();
    for (const JournalJobRow& row : unfinished.jobs) {
        boost::json::object entry;
        entry["job"] = row.job;
        entry["primary"] = row.key;
        entry["region"] = row.region;
        if (report.verb != JournalVerb::run) {
            entry["action"] = name_of(row.action);
        }
        entry["outcome"] = name_of(row.phase);
        entry["code"] = code_of(row);
        entry["message"] = row.message;
        entry["request_id"] = row.request_id;
        entry["attempts"] = row.attempts;
        entry["last_record"] = journal_time(row.last_record);
        entry["advice"] = advice_on(row, report.verb);
        jobs.push_back(std::move(entry));
    }
    return boost::json::serialize(object) + "\n";
}

std::string unfinished_keys(const UnfinishedJobs& unfinished) {
    std::set<std::string_view> keys;
    for (const JournalJobRow& row : unfinished.jobs) {
        keys.insert(row.key);
    }
    std::string text = fmt::format("# keys with jobs that are not done: {}\n",
                                   planner::with_thousands(keys.size()));
    for (const std::string_view key : keys) {
        text += io::terminal_line(key) + "\n";
    }
    return text;
}

}  // namespace keyferry::engine
