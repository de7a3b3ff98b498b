// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/plan_difference.hpp"

#include "engine/journal/format/text.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "engine/journal/read/scan_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <map>

namespace keyferry::engine {
namespace {

constexpr planner::JobIndex kNoRecords = std::numeric_limits<planner::JobIndex>::max();
constexpr planner::JobIndex kDropped = kNoRecords - 1;
static_assert(kJournalJobsMax < kDropped);

bool is_in_doubt(const JournalReplay& replay, planner::JobIndex job) {
    return resume_as(replay.phase(job), replay.open_job(job), false) == ResumeAs::in_progress;
}

std::string shown(std::string_view escaped) {
    return read_journal_text(escaped).value_or(std::string(escaped));
}

std::vector<PlanDifference::Region> regions_of(const planner::Plan& plan,
                                               const JournalReplay& replay) {
    std::map<std::string, PlanDifference::Region> regions;
    for (const JournalReplay::Region& region : replay.regions()) {
        regions[region.name].jobs_before = region.planned;
    }
    std::vector<std::uint64_t> jobs(plan.regions.size());
    for (const planner::Job& job : plan.jobs) {
        ++jobs.at(job.region);
    }
    for (std::size_t index = 0; index < jobs.size(); ++index) {
        regions[plan.regions[index].name()].jobs = jobs[index];
    }
    std::vector<PlanDifference::Region> sorted;
    for (auto& [name, region] : regions) {
        region.name = name;
        sorted.push_back(region);
    }
    return sorted;
}

/// Returns how many more jobs without records the journal's plan has than the new plan, as the sum
/// of the surplus in each Region.
std::uint64_t unnamed_dropped_min(const std::vector<PlanDifference::Region>& regions) {
    std::uint64_t dropped = 0;
    for (const PlanDifference::Region& region : regions) {
        const std::uint64_t in_both = region.carried + region.started_over;
        const std::uint64_t named_before = in_both + region.dropped;
        // If the header does not list the Region, the count is 0.
        const std::uint64_t unnamed_before =
            region.jobs_before - std::min(region.jobs_before, named_before);
        const std::uint64_t unnamed = region.jobs - in_both;
        dropped += unnamed_before - std::min(unnamed_before, unnamed);
    }
    return dropped;
}

}  // namespace

PlanComparison::PlanComparison(const planner::Plan& plan, const JournalReplay& replay)
    : plan_(plan),
      replay_(replay),
      places_(replay.phases().size(), kNoRecords),
      is_changed_(replay.phases().size(), false),
      is_taken_(plan.jobs.size(), false) {}

std::optional<planner::JobIndex> PlanComparison::find(std::string_view key,
                                                      std::string_view region) const {
    // ARNs and Regions never contain characters that are escaped. Other texts do not occur in any
    // plan.
    const io::Parsed<io::KeyArn> arn = io::KeyArn::parse(key);
    if (!arn) {
        return std::nullopt;
    }
    const auto found_key = std::lower_bound(
        plan_.keys.begin(),
        plan_.keys.end(),
        *arn,
        [](const planner::PlannedKey& a, const io::KeyArn& b) { return a.primary < b; });
    const auto found_region =
        std::find_if(plan_.regions.begin(), plan_.regions.end(), [&](const io::Region& candidate) {
            return candidate.name() == region;
        });
    if (found_key == plan_.keys.end() || found_key->primary != *arn ||
        found_region == plan_.regions.end()) {
        return std::nullopt;
    }
    planner::Job job;
    job.key = static_cast<std::uint32_t>(found_key - plan_.keys.begin());
    job.region = static_cast<std::uint32_t>(found_region - plan_.regions.begin());
    const auto found =
        std::lower_bound(plan_.jobs.begin(),
                         plan_.jobs.end(),
                         job,
                         [](const planner::Job& a, const planner::Job& b) {
                             return a.key != b.key ? a.key < b.key : a.region < b.region;
                         });
    if (found == plan_.jobs.end() || *found != job) {
        return std::nullopt;
    }
    return static_cast<planner::JobIndex>(found - plan_.jobs.begin());
}

/// Handles the first record of a job.
std::string PlanComparison::meet(const JournalJobRecord& record) {
    const std::optional<planner::JobIndex> found = find(record.key, record.region);
    places_[record.job] = found.value_or(kDropped);
    if (found) {
        if (is_taken_[*found]) {
            return fmt::format("job {} is a duplicate of another job", record.job);
        }
        is_taken_[*found] = true;
    } else if (named_.size() < kDroppedJobsNamedMax && is_in_doubt(replay_, record.job)) {
        named_.push_back(DroppedJob{shown(record.key), shown(record.region)});
    }
    return {};
}

std::string PlanComparison::take(const JournalRecord& record) {
    const auto* job = std::get_if<JournalJobRecord>(&record.body);
    if (job == nullptr) {
        return {};
    }
    assert(job->job < places_.size());
    if (places_[job->job] == kNoRecords) {
        if (std::string problem = meet(*job); !problem.empty()) {
            return problem;
        }
    }
    const planner::JobIndex place = places_[job->job];
    // Without the content to copy, the request that would be sent now is unknown.
    if (place != kDropped && !job->digest.empty() &&
        !planner::lacks_contents(plan_, plan_.jobs[place])) {
        is_changed_[job->job] = job->digest != planner::request_digest(planner::replicate_request(
                                                   plan_, plan_.jobs[place]));
    }
    return {};
}

JobFate PlanComparison::fate(planner::JobIndex job_before) const {
    const planner::JobIndex place = places_.at(job_before);
    if (place == kNoRecords) {
        return JobFate::no_records;
    }
    if (place == kDropped) {
        return JobFate::dropped;
    }
    // If KMS rejected a request that differs from the one that would be sent now, the job starts
    // over.
    return is_changed_[job_before] && replay_.phase(job_before) == JobPhase::failed
               ? JobFate::started_over
               : JobFate::carried;
}

planner::JobIndex PlanComparison::job(planner::JobIndex job_before) const {
    assert(fate(job_before) == JobFate::carried);
    return places_.at(job_before);
}

void PlanComparison::tally(planner::JobIndex job_before, PlanDifference& difference) const {
    const bool is_done = replay_.phase(job_before) == JobPhase::done;
    const bool in_doubt = is_in_doubt(replay_, job_before);
    switch (fate(job_before)) {
        case JobFate::no_records:
            difference.unnamed_in_doubt += in_doubt ? 1 : 0;
            break;
        case JobFate::started_over:
            ++difference.started_over;
            break;
        case JobFate::dropped:
            ++difference.dropped;
            difference.dropped_done += is_done ? 1 : 0;
            difference.dropped_in_doubt += in_doubt ? 1 : 0;
            break;
        case JobFate::carried:
            ++difference.carried;
            difference.carried_done += is_done ? 1 : 0;
            if (is_changed_[job_before]) {
                const bool is_ours =
                    is_done && replay_.attribution(job_before) != Attribution::existed;
                difference.changed_done += is_ours ? 1 : 0;
                difference.changed_open += in_doubt ? 1 : 0;
            }
            break;
    }
}

/// Counts a job that has records. A job without records cannot be counted, because its Region is
/// unknown.
void PlanComparison::tally_region(planner::JobIndex job_before, PlanDifference& difference) const {
    const auto region = std::find_if(
        difference.regions.begin(),
        difference.regions.end(),
        [name = replay_.region_of(job_before)](const auto& entry) { return entry.name == name; });
    assert(region != difference.regions.end());
    const JobFate job_fate = fate(job_before);
    region->carried += job_fate == JobFate::carried ? 1 : 0;
    region->dropped += job_fate == JobFate::dropped ? 1 : 0;
    region->started_over += job_fate == JobFate::started_over ? 1 : 0;
}

PlanDifference PlanComparison::finish() {
    PlanDifference difference;
    difference.regions = regions_of(plan_, replay_);
    difference.jobs_before = places_.size();
    difference.jobs = plan_.jobs.size();
    difference.dropped_in_doubt_named = std::move(named_);
    for (planner::JobIndex job = 0; job < places_.size(); ++job) {
        tally(job, difference);
        if (fate(job) != JobFate::no_records) {
            tally_region(job, difference);
        }
    }
    if (difference.unnamed_in_doubt > 0) {
        difference.unnamed_dropped_min = unnamed_dropped_min(difference.regions);
    }
    return difference;
}

JournalResult<PlanDifference> compare_with_plan(io::AppendFile& from,
                                                const planner::Plan& plan,
                                                const std::string& name) {
    JournalReplay replay;
    JournalScan scan;
    if (const std::error_code error = replay_journal(from, replay, scan)) {
        return journal_io_problem(name, "read", error);
    }
    if (std::optional<JournalProblem> problem = journal_scan_problem(name, scan)) {
        return *std::move(problem);
    }
    PlanComparison comparison(plan, replay);
    if (const std::error_code error = scan_journal(
            from, [&](const JournalRecord& record) { return comparison.take(record); }, scan)) {
        return journal_io_problem(name, "read", error);
    }
    if (std::optional<JournalProblem> problem = journal_scan_problem(name, scan)) {
        return *std::move(problem);
    }
    return comparison.finish();
}

}  // namespace keyferry::engine
