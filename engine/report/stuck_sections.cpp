// SPDX-License-Identifier: Apache-2.0
#include "engine/report/stuck_sections.hpp"

#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>
#include <utility>

namespace keyferry::engine {
namespace {

constexpr std::size_t kRegionsShownPerReason = 8;

/// The keys and Regions of a group. In the journal of a sync, a key is the ARN of a replica, which
/// contains its Region.
planner::ReportTable examples_table(const StuckReport& stuck, JournalVerb verb) {
    planner::ReportTable table;
    const bool is_run = verb == JournalVerb::run;
    constexpr auto kLeft = planner::TextTable::Align::left;
    table.columns = {{is_run ? "primary" : "replica", kLeft, planner::kTextColumnsMax}};
    table.caption = is_run ? "Keys and Regions of these jobs" : "Replicas of these changes";
    if (is_run) {
        table.columns.push_back({"Region"});
    }
    for (const StuckExample& example : stuck.examples) {
        table.rows.push_back({io::terminal_line(example.key)});
        if (is_run) {
            table.rows.back().push_back(io::terminal_line(example.region));
        }
    }
    table.rows_left_out = stuck.jobs - std::min<std::uint64_t>(stuck.jobs, table.rows.size());
    table.rest_listed_by = "`keyferry status JOURNAL --failed` lists them";
    return table;
}

/// The name of a phase in which jobs are not done. The counts of a report have the same names.
std::string_view title_of(JobPhase phase) {
    switch (phase) {
        case JobPhase::sent:
            return "unresolved";
        case JobPhase::accepted:
            return "creating";
        default:
            return name_of(phase);
    }
}

/// The message of a group. If its jobs have too many different messages, one of them.
std::string message_of(const StuckReport& stuck) {
    if (!stuck.message.empty()) {
        return io::terminal_line(stuck.message);
    }
    const auto example =
        std::find_if(stuck.examples.begin(), stuck.examples.end(), [](const StuckExample& each) {
            return !each.message.empty();
        });
    return example == stuck.examples.end() ? ""
                                           : "for example: " + io::terminal_line(example->message);
}

/// `count`: "30 of 37: ", or empty if the group is the only one of its section.
void add_group(std::vector<planner::ReportBlock>& blocks,
               const StuckReport& stuck,
               JournalVerb verb,
               const std::string& count) {
    const std::string message = message_of(stuck);
    if (!message.empty() || !count.empty()) {
        blocks.emplace_back(planner::ReportProse{count + message});
    }
    blocks.emplace_back(planner::ReportProse{jobs_by_region_text(stuck)});
    if (!stuck.examples.empty()) {
        blocks.emplace_back(examples_table(stuck, verb));
        const std::string& request_id = stuck.examples.front().request_id;
        if (!request_id.empty()) {
            blocks.emplace_back(planner::ReportProse{
                fmt::format("{} {}",
                            stuck.jobs == 1 ? "request" : "request ID of the first:",
                            io::terminal_line(request_id))});
        }
    }
}

}  // namespace

std::string jobs_by_region_text(const StuckReport& stuck) {
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

void sort_by_jobs(std::vector<StuckReport>& groups) {
    std::map<std::pair<JobPhase, std::string>, std::uint64_t> jobs_of_code;
    for (const StuckReport& group : groups) {
        jobs_of_code[{group.phase, group.code}] += group.jobs;
    }
    const auto rank = [&](const StuckReport& group) {
        return std::tuple(group.phase,
                          -static_cast<std::int64_t>(jobs_of_code[{group.phase, group.code}]),
                          std::string_view(group.code),
                          -static_cast<std::int64_t>(group.jobs),
                          std::string_view(group.message));
    };
    std::sort(groups.begin(), groups.end(), [&](const StuckReport& a, const StuckReport& b) {
        return rank(a) < rank(b);
    });
}

std::vector<planner::ReportSection> stuck_sections(const std::vector<StuckReport>& stuck,
                                                   JournalVerb verb) {
    std::vector<planner::ReportSection> sections;
    for (auto begin = stuck.begin(); begin != stuck.end();) {
        const auto end = std::find_if(begin, stuck.end(), [&](const StuckReport& each) {
            return each.phase != begin->phase || each.code != begin->code;
        });
        const std::uint64_t jobs =
            std::accumulate(begin, end, std::uint64_t{0}, [](std::uint64_t sum, const auto& each) {
                return sum + each.jobs;
            });
        planner::ReportSection section;
        section.id = fmt::format("reason-{}", sections.size() + 1);
        section.title =
            fmt::format("{} {}, {}",
                        planner::with_thousands(jobs),
                        title_of(begin->phase),
                        begin->code.empty() ? "no code" : io::terminal_line(begin->code));
        const std::string& advice = begin->advice;
        for (const bool is_only = end - begin == 1; begin != end; ++begin) {
            add_group(section.blocks,
                      *begin,
                      verb,
                      is_only ? ""
                              : fmt::format("{} of {}: ",
                                            planner::with_thousands(begin->jobs),
                                            planner::with_thousands(jobs)));
        }
        section.blocks.emplace_back(planner::ReportProse{"What to do: " + advice});
        sections.push_back(std::move(section));
    }
    return sections;
}

}  // namespace keyferry::engine
