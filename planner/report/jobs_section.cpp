// SPDX-License-Identifier: Apache-2.0
#include "planner/report/jobs_section.hpp"

#include <array>
#include <cassert>
#include <map>
#include <string>
#include <utility>

namespace keyferry::planner {

namespace {

constexpr std::array kActionsByUrgency{
    JobAction::unusable, JobAction::blocked, JobAction::sync, JobAction::create, JobAction::exists};

using RegionsByReason = std::map<std::pair<ActionReason, std::uint8_t>, std::string>;

/// "differs: tags"
std::string reason_text(ActionReason reason, std::uint8_t steps) {
    std::string text(name_of(reason));
    return steps == 0 ? text : text + ": " + steps_text(steps);
}

/// Returns the Regions of the jobs in [begin, end) that need `action`, by reason.
RegionsByReason regions_by_reason(const ReviewedPlan& reviewed,
                                  JobIndex begin,
                                  JobIndex end,
                                  JobAction action) {
    RegionsByReason regions;
    for (JobIndex job = begin; job < end; ++job) {
        const JobVerdict& verdict = reviewed.review.verdicts[job];
        if (verdict.action == action) {
            // The reason already states that the state differs.
            const auto steps = static_cast<std::uint8_t>(verdict.steps & ~sync_enabled);
            std::string& names = regions[{verdict.reason, steps}];
            names.append(names.empty() ? "" : ", ")
                .append(reviewed.plan.regions[reviewed.plan.jobs[job].region].name());
        }
    }
    return regions;
}

void add_job_rows(ReportTable& table,
                  const ReviewedPlan& reviewed,
                  JobAction action,
                  std::size_t rows_max) {
    const Plan& plan = reviewed.plan;
    JobIndex begin = 0;
    while (begin < plan.jobs.size()) {
        const std::uint32_t key = plan.jobs[begin].key;
        JobIndex end = begin;
        while (end < plan.jobs.size() && plan.jobs[end].key == key) {
            ++end;
        }
        for (auto& [reason, names] : regions_by_reason(reviewed, begin, end, action)) {
            if (table.rows.size() == rows_max) {
                ++table.rows_left_out;
                continue;
            }
            table.rows.push_back({plan.keys[key].primary.text(),
                                  std::string(name_of(action)),
                                  reason_text(reason.first, reason.second),
                                  std::move(names)});
        }
        begin = end;
    }
}

}  // namespace

ReportSection jobs_section(const ReviewedPlan& reviewed, std::size_t rows_max) {
    assert(reviewed.review.verdicts.size() == reviewed.plan.jobs.size());
    ReportTable table{
        "Replicas by key and action", {{"primary"}, {"action"}, {"reason"}, {"Regions"}}, {}, 0};
    for (const JobAction action : kActionsByUrgency) {
        add_job_rows(table, reviewed, action, rows_max);
    }
    const bool is_complete = table.rows_left_out == 0;
    ReportSection section{"jobs", "Jobs", {}};
    section.blocks.emplace_back(std::move(table));
    if (!is_complete) {
        section.blocks.emplace_back(
            ReportProse{"Replicas that require manual action are listed first. For one line per "
                        "replica, use --list-jobs with the text or JSON format."});
    }
    return section;
}

}  // namespace keyferry::planner
