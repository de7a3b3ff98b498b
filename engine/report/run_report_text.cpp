// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"
#include "engine/journal/read/rewrite_text.hpp"
#include "engine/report/change_report.hpp"
#include "engine/report/run_report.hpp"
#include "io/names/duration_text.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace keyferry::engine {
namespace {

using Align = planner::TextTable::Align;

constexpr std::size_t kColumnsMax = 96;
constexpr std::size_t kRunsShownMax = 10;
constexpr std::size_t kRegionsShownPerReason = 8;

/// "2026-08-26 12:00:00"
std::string second_text(io::WallTime time) {
    std::string text = journal_time(time).substr(0, 19);
    text[10] = ' ';
    return text;
}

std::string headline(const RunReport& report) {
    const bool has_unusable = report.counts.of(JobPhase::unusable) > 0;
    return fmt::format("Fleet \"{}\"{}: {} of {} replicas exist{}\n  plan sha256 {}\n",
                       io::terminal_line(report.fleet),
                       report.simulated ? ", simulated" : "",
                       planner::with_thousands(report.counts.done()),
                       planner::with_thousands(report.counts.jobs()),
                       has_unusable ? " and are usable" : "",
                       io::terminal_line(report.plan_sha256));
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
        return fmt::format("  process {} on {} is running, last record {} UTC\n",
                           last.process.pid,
                           io::terminal_line(last.process.host),
                           last_record);
    }
    if (report.ended) {
        return {};
    }
    return report.verb == JournalVerb::run
               ? fmt::format("  the last run was killed after {} UTC; run again to resume\n",
                             last_record)
               : fmt::format(
                     "  killed after {} UTC; run the command again to compare the replicas "
                     "again\n",
                     last_record);
}

std::string counts_section(const RunReport& report) {
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
             is_lossy(report.loss) ? "already existed, or created by a run whose records are lost"
                                   : "already existed",
             true},
        Line{"failed", counts.of(JobPhase::failed), "", true},
        Line{"conflict", counts.of(JobPhase::conflict), "an unrelated key is in their place", true},
        Line{"unknown", counts.of(JobPhase::unknown), "a rerun checks with KMS", true},
        Line{"deferred", counts.of(JobPhase::deferred), "a rerun resumes them", true},
        Line{"unusable",
             counts.of(JobPhase::unusable),
             "exist, but not in the state that the spec wants",
             false},
        Line{"blocked",
             counts.of(JobPhase::blocked),
             "not allowed by the plan; nothing was sent",
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
    std::string text = "\nReplicas\n";
    for (const Line& line : lines) {
        if (line.always || line.count > 0) {
            text += fmt::format("  {:<20}  {:>11}", line.name, planner::with_thousands(line.count));
            if (!line.note.empty() && line.count > 0) {
                text += fmt::format("  {}", line.note);
            }
            text += '\n';
        }
    }
    return text;
}

std::string regions_section(const RunReport& report) {
    const bool has_blocked = report.counts.of(JobPhase::blocked) > 0;
    std::vector<planner::TextTable::Column> columns{{"Region"},
                                                    {"replicas", Align::right},
                                                    {"created", Align::right},
                                                    {"existed", Align::right},
                                                    {"failed", Align::right},
                                                    {"conflict", Align::right},
                                                    {"unusable", Align::right},
                                                    {"pending", Align::right}};
    if (has_blocked) {
        columns.push_back({"blocked", Align::right});
    }
    planner::TextTable table(std::move(columns));
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
        table.add_row(std::move(row));
    }
    return "\nBy Region\n" + table.text();
}

std::string where_text(const StuckReport& stuck) {
    std::string text;
    for (std::size_t index = 0; index < stuck.jobs_by_region.size(); ++index) {
        if (index == kRegionsShownPerReason) {
            return text + ", ...";
        }
        const auto& [region, jobs] = stuck.jobs_by_region[index];
        text += fmt::format("{}{}: {}",
                            index == 0 ? "" : ", ",
                            io::terminal_line(region),
                            planner::with_thousands(jobs));
    }
    return text;
}

std::string stuck_section(const StuckReport& stuck, bool is_of_run) {
    const std::string code = stuck.code.empty() ? "no code" : io::terminal_line(stuck.code);
    std::string text = fmt::format(
        "\n{} {}, {}\n", planner::with_thousands(stuck.jobs), name_of(stuck.phase), code);
    text += planner::wrapped("  ", where_text(stuck), kColumnsMax);
    for (const StuckExample& example : stuck.examples) {
        const std::string key = io::terminal_line(example.key);
        text += is_of_run ? fmt::format("  {} -> {}\n", key, io::terminal_line(example.region))
                          : fmt::format("  {}\n", key);  // the ARN of the replica
        if (!example.message.empty()) {
            text += planner::wrapped("      ", io::terminal_line(example.message), kColumnsMax);
        }
        if (!example.request_id.empty()) {
            text += fmt::format("      request {}\n", io::terminal_line(example.request_id));
        }
    }
    if (stuck.jobs > stuck.examples.size()) {
        text += fmt::format("  ... and {} more\n",
                            planner::with_thousands(stuck.jobs - stuck.examples.size()));
    }
    return text + planner::wrapped("  What to do: ", stuck.advice, kColumnsMax);
}

/// Jobs that were open when the last run ended, by reason.
std::string pending_section(const RunReport& report) {
    if (report.pending.empty() || report.live) {
        return {};
    }
    std::string text = "\nUnfinished when the run ended, by last reason\n";
    for (const StuckReport& group : report.pending) {
        const StuckExample* example = group.examples.empty() ? nullptr : &group.examples.front();
        text += planner::wrapped(
            "  ",
            fmt::format("{} {}, {}{}; {}",
                        planner::with_thousands(group.jobs),
                        name_of(group.phase),
                        group.code.empty() ? "no code" : io::terminal_line(group.code),
                        example == nullptr ? ""
                                           : fmt::format(" ({} UTC: {})",
                                                         second_text(example->time),
                                                         io::terminal_line(example->message)),
                        where_text(group)),
            kColumnsMax);
    }
    return text;
}

/// Why the last run ended early, and which calls were throttled in it.
std::string last_run_section(const RunReport& report) {
    if (report.runs.empty()) {
        return {};
    }
    const ReplayedRun& last = report.runs.back();
    std::string text;
    if (!last.end_code.empty() || !last.end_message.empty()) {
        text += planner::wrapped(
            "  ended early: ",
            io::terminal_line(last.end_code.empty() ? last.end_message
                                                    : last.end_code + ": " + last.end_message),
            kColumnsMax);
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
    return throttles.empty() ? text
                             : text + planner::wrapped("  throttled: ", throttles, kColumnsMax);
}

std::string runs_section(const RunReport& report) {
    std::string text = fmt::format("\n{} run{}, {} in total (times are UTC)\n",
                                   report.runs_total,
                                   report.runs_total == 1 ? "" : "s",
                                   io::long_duration_text(report.active_s));
    const std::size_t skipped = report.runs.size() - std::min(report.runs.size(), kRunsShownMax);
    if (report.runs_total > kRunsShownMax) {
        text += fmt::format("  ... {} earlier\n", report.runs_total - kRunsShownMax);
    }
    planner::TextTable table({{"started"}, {"took", Align::right}, {"process"}, {"host"}, {"end"}});
    for (std::size_t index = skipped; index < report.runs.size(); ++index) {
        const ReplayedRun& run = report.runs[index];
        const auto took =
            std::max(run.last_record - run.started, io::WallTime::duration(0)).count();
        const bool is_last = index + 1 == report.runs.size();
        table.add_row({second_text(run.started),
                       io::long_duration_text(static_cast<double>(took) / 1000),
                       fmt::format("{}", run.process.pid),
                       io::terminal_line(run.process.host),
                       !run.end.empty()         ? io::terminal_line(run.end)
                       : is_last && report.live ? "running"
                                                : "killed"});
    }
    return text + table.text();
}

/// How the journal was rewritten and what it lacks, which affects how to read the counts.
std::string journal_section(const RunReport& report) {
    std::string text;
    for (const JournalRewrite& rewrite : report.rewrites) {
        text +=
            planner::wrapped("  journal ", io::terminal_line(rewrite_text(rewrite)), kColumnsMax);
    }
    if (is_lossy(report.loss)) {
        text += planner::wrapped("  lost: ", loss_text(report.loss), kColumnsMax);
    }
    return text;
}

}  // namespace

std::string run_report_text(const RunReport& report) {
    const bool is_of_run = report.verb == JournalVerb::run;
    std::string text = is_of_run ? headline(report) : changes_headline(report);
    text += process_line(report);
    text += is_of_run ? counts_section(report) : changes_counts(report);
    if (!report.regions.empty()) {
        text += is_of_run ? regions_section(report) : changes_by_region(report);
    }
    for (const StuckReport& stuck : report.stuck) {
        text += stuck_section(stuck, is_of_run);
    }
    return text + pending_section(report) + runs_section(report) + last_run_section(report) +
           journal_section(report);
}

}  // namespace keyferry::engine
