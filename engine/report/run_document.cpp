// SPDX-License-Identifier: Apache-2.0
#include "engine/report/run_document.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/rewrite_text.hpp"
#include "engine/report/change_report.hpp"
#include "engine/report/stuck_sections.hpp"
#include "io/names/duration_text.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

namespace keyferry::engine {
namespace {

using Align = planner::TextTable::Align;

constexpr std::size_t kRunsShownMax = 10;

std::string headline(const RunReport& report) {
    const std::uint64_t jobs = report.counts.jobs();
    const bool has_unusable = report.counts.of(JobPhase::unusable) > 0;
    const std::uint64_t unchecked = report.unchecked.value_or(0);
    return fmt::format("Fleet \"{}\"{}: {} of {}{}{}",
                       io::terminal_line(report.fleet),
                       report.simulated ? ", simulated" : "",
                       planner::with_thousands(report.counts.done()),
                       planner::counted(jobs, "replica exists", "replicas exist"),
                       !has_unusable ? ""
                       : jobs == 1   ? " and is usable"
                                     : " and are usable",
                       unchecked > 0 ? fmt::format("; {} of them could not be checked in this run",
                                                   planner::with_thousands(unchecked))
                                     : "");
}

/// "last record 2026-08-26 12:00:00 UTC, host worker-1, KMS at http://localhost:4566"
std::string origin_line(const RunReport& report) {
    const std::string endpoint = endpoint_of(report);
    return fmt::format("last record {} UTC, host {}, {}",
                       second_text(report.last_record),
                       report.host.empty() ? "unknown" : io::terminal_line(report.host),
                       endpoint == "simulated" ? "simulated KMS"
                       : endpoint == "aws"     ? "KMS endpoints of AWS"
                       : endpoint == "unknown" ? "KMS endpoint unknown"
                                               : "KMS at " + io::terminal_line(endpoint));
}

/// "caller arn:aws:sts::...", for each identity as which the last run called KMS. No lines if KMS
/// was simulated.
std::vector<std::string> caller_lines(const RunReport& report) {
    constexpr std::size_t kCallersShownMax = 3;
    std::vector<std::string> lines;
    if (report.simulated) {
        return lines;
    }
    std::istringstream callers(report.runs.empty() ? "" : report.runs.back().process.caller);
    std::size_t left_out = 0;
    for (std::string arn; callers >> arn;) {
        if (lines.size() < kCallersShownMax) {
            lines.push_back("caller " + io::terminal_line(arn));
        } else {
            ++left_out;
        }
    }
    if (left_out > 0) {
        lines.push_back(fmt::format("callers: {} more", planner::with_thousands(left_out)));
    }
    return lines.empty() ? std::vector<std::string>{"caller unknown"} : lines;
}

/// States whether a process is running or the last one was killed; empty if the last run ended
/// properly.
std::string process_line(const RunReport& report) {
    if (report.runs.empty()) {
        return {};
    }
    const ReplayedRun& last = report.runs.back();
    const std::string last_record = second_text(last.last_record);
    if (report.live) {
        return fmt::format("process {} on {} is running, last record {} UTC",
                           last.process.pid,
                           io::terminal_line(last.process.host),
                           last_record);
    }
    if (report.ended) {
        return {};
    }
    return report.verb == JournalVerb::run
               ? fmt::format("the last run was killed after {} UTC; run again to resume",
                             last_record)
               : fmt::format(
                     "killed after {} UTC; run the command again to compare the replicas again",
                     last_record);
}

planner::ReportSection counts_section(const RunReport& report) {
    struct Line {
        std::string_view name;
        std::uint64_t count;
        std::string_view note;
        bool always;
    };
    const JobCounts& counts = report.counts;
    const std::array lines{
        Line{"created", counts.of(Attribution::created), "", true},
        Line{"created (reconciled)",
             counts.of(Attribution::created_reconciled),
             "the response was lost; a later check confirmed the replica",
             true},
        Line{"existed",
             counts.of(Attribution::existed),
             is_lossy(report.loss) ? "already existed, or the record of their creation is lost"
                                   : "already existed",
             true},
        Line{"failed", counts.of(JobPhase::failed), "", true},
        Line{"conflict",
             counts.of(JobPhase::conflict),
             "the key in their place is not the replica",
             true},
        Line{"unknown", counts.of(JobPhase::unknown), "a rerun checks with KMS", true},
        Line{"deferred", counts.of(JobPhase::deferred), "a rerun resumes them", true},
        Line{"unusable",
             counts.of(JobPhase::unusable),
             "exist, but not in the state that the spec requires",
             false},
        Line{"blocked",
             counts.of(JobPhase::blocked),
             "cannot be created now; nothing was sent",
             false},
        Line{"creating",
             counts.of(JobPhase::accepted),
             "accepted by KMS, not yet confirmed usable",
             false},
        Line{report.live ? "in flight" : "unresolved",
             counts.of(JobPhase::sent),
             report.live ? "" : "outcome not confirmed; a rerun checks with KMS first",
             false},
        Line{"not started", counts.of(JobPhase::not_started), "", false},
        Line{"total", counts.jobs(), "", true},
    };
    planner::ReportTable table;
    table.caption = "Replicas by outcome";
    table.columns = {
        {"outcome"}, {"replicas", Align::right}, {"", Align::left, planner::kTextColumnsMax}};
    for (const Line& line : lines) {
        if (line.always || line.count > 0) {
            table.rows.push_back({std::string(line.name),
                                  planner::with_thousands(line.count),
                                  std::string(line.count > 0 ? line.note : "")});
        }
    }
    return {"replicas", "Replicas", {std::move(table)}};
}

planner::ReportSection regions_section(const RunReport& report) {
    const bool has_blocked = report.counts.of(JobPhase::blocked) > 0;
    planner::ReportTable table;
    table.caption = "Replicas by Region and outcome";
    table.columns = {{"Region"},
                     {"replicas", Align::right},
                     {"created", Align::right},
                     {"existed", Align::right},
                     {"failed", Align::right},
                     {"conflict", Align::right},
                     {"unusable", Align::right},
                     {"pending", Align::right}};
    if (has_blocked) {
        table.columns.push_back({"blocked", Align::right});
    }
    for (const RegionOutcome& region : report.regions) {
        const JobCounts& counts = region.counts;
        std::vector<std::string> row{
            io::terminal_line(region.region),
            region.planned_is_known ? planner::with_thousands(counts.jobs()) : "?",
            planner::with_thousands(counts.of(Attribution::created) +
                                    counts.of(Attribution::created_reconciled)),
            planner::with_thousands(counts.of(Attribution::existed)),
            planner::with_thousands(counts.of(JobPhase::failed)),
            planner::with_thousands(counts.of(JobPhase::conflict)),
            planner::with_thousands(counts.of(JobPhase::unusable)),
            planner::with_thousands(counts.left())};
        if (has_blocked) {
            row.push_back(planner::with_thousands(counts.of(JobPhase::blocked)));
        }
        table.rows.push_back(std::move(row));
    }
    return {"regions", "By Region", {std::move(table)}};
}

/// Jobs that were open when the last run ended, by reason.
planner::ReportSection pending_section(const RunReport& report) {
    planner::ReportSection section{"pending", "Unfinished when the run ended, by last reason", {}};
    for (const StuckReport& group : report.pending) {
        const StuckExample* example = group.examples.empty() ? nullptr : &group.examples.front();
        section.blocks.emplace_back(planner::ReportProse{
            fmt::format("{} {}, {}{}; {}",
                        planner::with_thousands(group.jobs),
                        name_of(group.phase),
                        group.code.empty() ? "no code" : io::terminal_line(group.code),
                        example == nullptr ? ""
                                           : fmt::format(" ({} UTC: {})",
                                                         second_text(example->time),
                                                         io::terminal_line(group.message)),
                        jobs_by_region_text(group))});
    }
    return section;
}

/// Why the last run ended early, and which calls were throttled in it.
void add_last_run(std::vector<planner::ReportBlock>& blocks, const ReplayedRun& last) {
    if (!last.end_code.empty() || !last.end_message.empty()) {
        blocks.emplace_back(planner::ReportProse{
            "ended early: " + io::terminal_line(last.end_code.empty()
                                                    ? last.end_message
                                                    : last.end_code + ": " + last.end_message)});
    }
    std::string throttles;
    for (const ThrottleCount& count : last.throttles) {
        throttles += fmt::format("{}{} in {} {}",
                                 throttles.empty() ? "" : ", ",
                                 io::terminal_line(count.api),
                                 io::terminal_line(count.region),
                                 planner::with_thousands(count.calls));
    }
    if (last.throttles_other > 0) {
        throttles += fmt::format(", others {}", planner::with_thousands(last.throttles_other));
    }
    if (!throttles.empty()) {
        blocks.emplace_back(planner::ReportProse{"throttled: " + throttles});
    }
}

planner::ReportTable runs_table(const RunReport& report) {
    planner::ReportTable table;
    table.caption = "Runs, times in UTC";
    table.columns = {{"started"}, {"took", Align::right}, {"process"}, {"host"}, {"end"}};
    const std::size_t skipped = report.runs.size() - std::min(report.runs.size(), kRunsShownMax);
    for (std::size_t index = skipped; index < report.runs.size(); ++index) {
        const ReplayedRun& run = report.runs[index];
        const auto took =
            std::max(run.last_record - run.started, io::WallTime::duration(0)).count();
        const bool is_last = index + 1 == report.runs.size();
        table.rows.push_back({second_text(run.started),
                              io::long_duration_text(static_cast<double>(took) / 1000),
                              fmt::format("{}", run.process.pid),
                              io::terminal_line(run.process.host),
                              !run.end.empty()         ? io::terminal_line(run.end)
                              : is_last && report.live ? "running"
                                                       : "killed"});
    }
    return table;
}

/// The runs, and how the journal was rewritten and what it lacks, which affects how to read the
/// counts.
planner::ReportSection runs_section(const RunReport& report) {
    planner::ReportSection section;
    section.id = "runs";
    section.title = fmt::format("{}, {} in total (times are UTC)",
                                planner::counted(report.runs_total, "run"),
                                io::long_duration_text(report.active_s));
    if (report.runs_total > kRunsShownMax) {
        section.blocks.emplace_back(
            planner::ReportProse{fmt::format("... {} earlier", report.runs_total - kRunsShownMax)});
    }
    section.blocks.emplace_back(runs_table(report));
    if (!report.runs.empty()) {
        add_last_run(section.blocks, report.runs.back());
    }
    for (const JournalRewrite& rewrite : report.rewrites) {
        section.blocks.emplace_back(
            planner::ReportProse{"journal " + io::terminal_line(rewrite_text(rewrite))});
    }
    if (is_lossy(report.loss)) {
        section.blocks.emplace_back(planner::ReportProse{"lost: " + loss_text(report.loss)});
    }
    return section;
}

}  // namespace

std::string second_text(io::WallTime time) {
    std::string text = journal_time(time).substr(0, 19);
    text[10] = ' ';
    return text;
}

std::vector<std::string> run_headline(const RunReport& report) {
    const bool is_of_run = report.verb == JournalVerb::run;
    std::vector<std::string> lines;
    lines.push_back(origin_line(report));
    lines.push_back(fmt::format(
        "{} sha256 {}", is_of_run ? "plan" : "changes", io::terminal_line(report.plan_sha256)));
    std::vector<std::string> callers = caller_lines(report);
    std::move(callers.begin(), callers.end(), std::back_inserter(lines));
    if (!report.filter.empty()) {
        lines.push_back("filter: " + io::terminal_line(report.filter));
    }
    if (std::string process = process_line(report); !process.empty()) {
        lines.push_back(std::move(process));
    }
    return lines;
}

planner::ReportDocument run_document(const RunReport& report) {
    const bool is_of_run = report.verb == JournalVerb::run;
    planner::ReportDocument document;
    document.title = is_of_run ? headline(report) : changes_headline(report);
    document.headline = run_headline(report);
    std::vector<planner::ReportSection>& sections = document.sections;
    sections.push_back(is_of_run ? counts_section(report) : changes_counts(report));
    if (!report.regions.empty()) {
        sections.push_back(is_of_run ? regions_section(report) : changes_by_region(report));
    }
    std::vector<planner::ReportSection> stuck = stuck_sections(report.stuck, report.verb);
    std::move(stuck.begin(), stuck.end(), std::back_inserter(sections));
    if (!report.pending.empty() && !report.live) {
        sections.push_back(pending_section(report));
    }
    sections.push_back(runs_section(report));
    return document;
}

}  // namespace keyferry::engine
