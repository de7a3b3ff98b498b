// SPDX-License-Identifier: Apache-2.0
#include "engine/report/run_report.hpp"

#include "engine/report/change_report.hpp"
#include "engine/report/stuck_sections.hpp"

#include <algorithm>
#include <cassert>

namespace keyferry::engine {
namespace {

RegionOutcome region_outcome(const JournalReplay::Region& region) {
    RegionOutcome outcome;
    outcome.region = region.name;
    outcome.planned_is_known = region.planned > 0;
    outcome.counts = region.counts;
    const std::uint64_t begun = region.counts.jobs();
    outcome.counts.add(
        JobPhase::not_started, std::nullopt, region.planned > begun ? region.planned - begun : 0);
    return outcome;
}

StuckReport stuck_report(const StuckGroup& group,
                         const std::vector<JournalReplay::Region>& regions,
                         JournalVerb verb) {
    StuckReport report;
    report.phase = group.phase;
    report.code = group.code;
    report.message = group.message.text();
    report.jobs = group.jobs;
    report.advice = std::string(advice_for(verb, group.phase, group.code));
    report.examples = group.examples;
    for (std::size_t index = 0; index < group.jobs_by_region.size(); ++index) {
        if (group.jobs_by_region[index] > 0) {
            report.jobs_by_region.emplace_back(regions.at(index).name, group.jobs_by_region[index]);
        }
    }
    return report;
}

}  // namespace

RunReport make_run_report(const JournalReplay& replay, bool live) {
    RunReport report;
    report.fleet = replay.header().fleet;
    report.plan_sha256 = replay.header().plan_sha256;
    report.simulated = replay.header().simulated;
    report.last_record = replay.last_record();
    if (!replay.runs().empty()) {
        report.host = replay.runs().back().process.host;
        report.filter = replay.runs().back().process.filter;
    }
    report.verb = replay.header().verb;
    report.live = live;
    report.ended = replay.ended();
    report.counts = replay.counts();
    // The invariant of every report: no job is lost or counted twice.
    assert(report.counts.jobs() == replay.header().jobs);
    for (const JournalReplay::Region& region : replay.regions()) {
        report.regions.push_back(region_outcome(region));
    }
    std::sort(report.regions.begin(), report.regions.end(), [](const auto& a, const auto& b) {
        return a.region < b.region;
    });
    for (const StuckGroup& group : replay.stuck()) {
        if (group.jobs > 0) {
            report.stuck.push_back(stuck_report(group, replay.regions(), report.verb));
        }
    }
    for (const StuckGroup& group : replay.pending()) {
        if (group.jobs > 0) {
            report.pending.push_back(stuck_report(group, replay.regions(), report.verb));
            report.pending.back().advice.clear();
        }
    }
    sort_by_jobs(report.stuck);
    sort_by_jobs(report.pending);
    report.access = replay.header().access;
    report.runs = replay.runs();
    report.runs_total = replay.runs_total();
    report.rewrites.assign(replay.rewrites().rbegin(), replay.rewrites().rend());
    report.loss = replay.loss();
    report.active_s = static_cast<double>(replay.active().count()) / 1000;
    return report;
}

std::string endpoint_of(const RunReport& report) {
    if (report.simulated) {
        return "simulated";
    }
    return report.access.endpoint == JournalAccess::Endpoint::custom &&
                   !report.access.origin.empty()
               ? report.access.origin
               : std::string(name_of(report.access.endpoint));
}

RunVerdict verdict_on(const JobCounts& counts) noexcept {
    if (counts.left() > 0) {
        return RunVerdict::work_left;
    }
    return counts.done() < counts.jobs() ? RunVerdict::some_failed : RunVerdict::all_done;
}

RunVerdict verdict_on(const RunReport& report) noexcept {
    return report.unchecked.value_or(0) > 0 ? RunVerdict::work_left : verdict_on(report.counts);
}

}  // namespace keyferry::engine
