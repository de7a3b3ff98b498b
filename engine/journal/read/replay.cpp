// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/replay.hpp"

#include "engine/journal/format/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::engine {
namespace {

/// Regions and reasons are stored as one byte per job; the last value of each is reserved.
constexpr std::uint8_t kNoRegion = 255;
constexpr std::size_t kRegionsMax = 255;
constexpr std::uint8_t kOtherCodes = 255;
/// If there are more reasons, messages are no longer told apart, only codes.
constexpr std::size_t kReasonsWithMessageMax = 128;
constexpr std::string_view kOtherCodesName = "(other codes)";
/// The code of ended jobs after whose last record other records are missing.
constexpr std::string_view kRecordsLost = "RecordsLost";

/// Unescapes a text for display. A text that is not canonical is shown unchanged.
std::string shown(std::string_view escaped) {
    std::optional<std::string> text = read_journal_text(escaped);
    return text ? *std::move(text) : std::string(escaped);
}

}  // namespace

std::string JournalReplay::apply(const JournalRecord& record) {
    last_record_ = record.time;
    ended_ = false;
    if (const auto* job = std::get_if<JournalJobRecord>(&record.body)) {
        return apply_job(*job, record.time);
    }
    if (const auto* header = std::get_if<JournalHeader>(&record.body)) {
        return apply_header(*header, record.time);
    }
    if (const auto* run = std::get_if<JournalRun>(&record.body)) {
        apply_run(*run, record.time);
    } else if (const auto* access = std::get_if<JournalAccess>(&record.body)) {
        apply_access(*access);
    } else if (const auto* rewrite = std::get_if<JournalRewrite>(&record.body)) {
        apply_rewrite(*rewrite);
    } else if (const auto* loss = std::get_if<JournalLoss>(&record.body)) {
        apply_loss(*loss, record.time);
    } else if (const auto* end = std::get_if<JournalEnd>(&record.body)) {
        apply_end(*end, record.time);
    } else if (const auto* before = std::get_if<JournalBefore>(&record.body)) {
        return apply_before(*before);
    }
    return {};
}

/// The values of a change do not affect its phase.
std::string JournalReplay::apply_before(const JournalBefore& before) const {
    if (header_.verb == JournalVerb::run || before.job >= phases_.size()) {
        return fmt::format("it contains a value of change {}, which is not in the list of changes",
                           before.job);
    }
    return {};
}

/// The record's members replace those of earlier records.
void JournalReplay::apply_access(const JournalAccess& access) {
    if (access.endpoint != JournalAccess::Endpoint::unknown) {
        header_.access.endpoint = access.endpoint;
        header_.access.origin = access.origin;
    }
    if (!access.callers.empty()) {
        header_.access.callers = access.callers;
    }
}

void JournalReplay::apply_end(const JournalEnd& end, io::WallTime time) {
    ended_ = true;
    if (runs_.empty()) {
        return;
    }
    ReplayedRun& run = runs_.back();
    run.last_record = time;
    run.end = shown(end.how);
    run.end_code = shown(end.code);
    run.end_message = shown(end.message);
    run.end_reason_time = end.reason_time;
    run.throttles = end.throttles;
    run.throttles_other = end.throttles_other;
}

std::string JournalReplay::apply_header(const JournalHeader& header, io::WallTime time) {
    header_ = header;
    created_ = time;
    phases_.assign(header.jobs, JobPhase::not_started);
    region_of_job_.assign(header.jobs, kNoRegion);
    reason_of_job_.assign(header.jobs, 0);
    is_pending_.assign(header.jobs, false);
    open_.reset(header.jobs);
    counts_.add(JobPhase::not_started, std::nullopt, header.jobs);
    std::uint64_t planned = 0;
    for (const auto& [name, jobs] : header.regions) {
        Region region;
        region.name = name;
        region.planned = jobs;
        planned += std::min(jobs, kJournalJobsMax);
        regions_.push_back(std::move(region));
    }
    if (planned > header.jobs || regions_.size() > kRegionsMax) {
        return "the header lists more jobs or Regions than a plan can have";
    }
    return {};
}

void JournalReplay::apply_run(const JournalRun& run, io::WallTime time) {
    if (runs_.size() == kReplayedRunsMax) {
        active_of_dropped_runs_ +=
            std::max(runs_.front().last_record - runs_.front().started, io::WallTime::duration(0));
        runs_.erase(runs_.begin());
    }
    ReplayedRun next;
    next.process = run;
    next.started = time;
    next.last_record = time;
    runs_.push_back(std::move(next));
    ++runs_total_;
}

void JournalReplay::apply_rewrite(const JournalRewrite& rewrite) {
    if (rewrites_.size() < kReplayedRunsMax) {
        rewrites_.push_back(rewrite);
    }
}

/// The missing records may show that jobs that had ended without a replica were started again, and
/// that requests of any job that is not done were sent.
void JournalReplay::apply_loss(const JournalLoss& loss, io::WallTime time) {
    loss_.bytes += loss.bytes;
    loss_.records += loss.records;
    lost_job_.last_sent = std::max(lost_job_.last_sent, time);
    open_.raise_last_sent(time);
    const auto has_ended = [](JobPhase phase) {
        return phase == JobPhase::failed || phase == JobPhase::conflict ||
               phase == JobPhase::deferred || phase == JobPhase::blocked;
    };
    if (counts_.of(JobPhase::failed) + counts_.of(JobPhase::conflict) +
            counts_.of(JobPhase::deferred) + counts_.of(JobPhase::blocked) ==
        0) {
        return;
    }
    std::vector<StuckExample> examples;
    for (const StuckGroup& group : stuck_.groups) {
        if (has_ended(group.phase)) {
            examples.insert(examples.end(), group.examples.begin(), group.examples.end());
        }
    }
    const std::uint8_t reason = reason_index(kRecordsLost, {});
    for (planner::JobIndex job = 0; job < phases_.size(); ++job) {
        if (has_ended(phases_[job])) {
            Region& region = regions_[region_of_job_[job]];
            leave_phase(job, region);
            phases_[job] = JobPhase::unknown;
            counts_.add(JobPhase::unknown);
            region.counts.add(JobPhase::unknown);
            enter_group(stuck_, job, JobPhase::unknown, reason);
        }
    }
    for (StuckExample& example : examples) {
        StuckGroup& group = group_of(stuck_, JobPhase::unknown, reason);
        if (group.examples.size() < kStuckExamplesMax) {
            group.examples.push_back(std::move(example));
        }
    }
}

std::string JournalReplay::apply_job(const JournalJobRecord& record, io::WallTime time) {
    if (record.job >= phases_.size()) {
        return fmt::format(
            "it names job {}, but the plan has only {} jobs", record.job, phases_.size());
    }
    const std::optional<std::uint8_t> region = region_index(record.job, record.region);
    if (!region) {
        return fmt::format("job {} cannot be in Region {}", record.job, shown(record.region));
    }
    if (!runs_.empty()) {
        runs_.back().last_record = time;
    }
    if (record.event == JournalEvent::pending) {
        apply_pending(record, time);
        return {};
    }
    const JobPhase phase = phase_of(record.event).value();
    leave_phase(record.job, regions_[*region]);
    enter_phase(record, phase, regions_[*region], time);
    update_open_job(record, phase, time);
    return {};
}

/// Returns the index of the job's Region, or nullopt if an earlier record has a different Region
/// for the job or if there are too many Regions.
std::optional<std::uint8_t> JournalReplay::region_index(planner::JobIndex job,
                                                        std::string_view name) {
    std::uint8_t& index = region_of_job_[job];
    if (index != kNoRegion) {
        return regions_[index].name == name ? std::optional(index) : std::nullopt;
    }
    const auto found = std::find_if(regions_.begin(), regions_.end(), [&](const Region& region) {
        return region.name == name;
    });
    if (found != regions_.end()) {
        index = static_cast<std::uint8_t>(found - regions_.begin());
        return index;
    }
    if (regions_.size() == kRegionsMax) {
        return std::nullopt;
    }
    Region region;
    region.name = std::string(name);
    regions_.push_back(std::move(region));
    index = static_cast<std::uint8_t>(regions_.size() - 1);
    return index;
}

std::uint8_t JournalReplay::reason_index(std::string_view escaped_code,
                                         std::string_view message_form) {
    const auto index_of = [&](std::string_view form) {
        return static_cast<std::size_t>(std::find_if(reasons_.begin(),
                                                     reasons_.end(),
                                                     [&](const Reason& reason) {
                                                         return reason.message_form == form &&
                                                                reason.code == escaped_code;
                                                     }) -
                                        reasons_.begin());
    };
    std::size_t index = index_of(message_form);
    if (index == reasons_.size() && !message_form.empty() && index >= kReasonsWithMessageMax) {
        message_form = {};
        index = index_of(message_form);
    }
    if (index == kOtherCodes) {
        return kOtherCodes;
    }
    if (index == reasons_.size()) {
        reasons_.push_back(Reason{std::string(escaped_code), std::string(message_form)});
    }
    return static_cast<std::uint8_t>(index);
}

StuckGroup& JournalReplay::group_of(Groups& groups, JobPhase phase, std::uint8_t reason) {
    for (std::size_t index = 0; index < groups.groups.size(); ++index) {
        if (groups.groups[index].phase == phase && groups.reasons[index] == reason) {
            return groups.groups[index];
        }
    }
    StuckGroup group;
    group.phase = phase;
    group.code =
        reason == kOtherCodes ? std::string(kOtherCodesName) : shown(reasons_[reason].code);
    groups.groups.push_back(std::move(group));
    groups.reasons.push_back(reason);
    return groups.groups.back();
}

StuckGroup& JournalReplay::enter_group(Groups& groups,
                                       planner::JobIndex job,
                                       JobPhase phase,
                                       std::uint8_t reason) {
    reason_of_job_[job] = reason;
    StuckGroup& group = group_of(groups, phase, reason);
    ++group.jobs;
    if (group.jobs_by_region.size() < regions_.size()) {
        group.jobs_by_region.resize(regions_.size());
    }
    ++group.jobs_by_region[region_of_job_[job]];
    return group;
}

/// Adds the record's job to the group for its phase, `code` and message, and as an example if the
/// group has room for one.
void JournalReplay::add_to_group(Groups& groups,
                                 const JournalJobRecord& record,
                                 std::string_view code,
                                 io::WallTime time) {
    std::string message = shown(record.message);
    MessagePattern pattern(message);
    const std::uint8_t reason = reason_index(code, pattern.form());
    StuckGroup& group = enter_group(groups, record.job, phases_[record.job], reason);
    if (reason != kOtherCodes && reasons_[reason].message_form == pattern.form()) {
        if (group.jobs == 1) {
            group.message = std::move(pattern);
        } else {
            group.message.merge(pattern);
        }
    }
    if (group.examples.size() < kStuckExamplesMax) {
        StuckExample example;
        example.job = record.job;
        example.key = shown(record.key);
        example.region = regions_[region_of_job_[record.job]].name;
        example.message = std::move(message);
        example.request_id = shown(record.request_id);
        example.time = record.reason_time.value_or(time);
        group.examples.push_back(std::move(example));
    }
}

void JournalReplay::leave_group(Groups& groups, planner::JobIndex job) {
    StuckGroup& group = group_of(groups, phases_[job], reason_of_job_[job]);
    assert(group.jobs > 0);
    --group.jobs;
    --group.jobs_by_region[region_of_job_[job]];
    std::erase_if(group.examples, [&](const StuckExample& example) { return example.job == job; });
}

void JournalReplay::leave_phase(planner::JobIndex job, Region& region) {
    const JobPhase phase = phases_[job];
    if (is_pending_[job]) {
        leave_group(pending_, job);
        is_pending_[job] = false;
    }
    const std::optional<Attribution> attribution = this->attribution(job);
    counts_.remove(phase, attribution);
    if (phase == JobPhase::not_started) {
        return;
    }
    region.counts.remove(phase, attribution);
    if (is_stuck(phase)) {
        leave_group(stuck_, job);
    }
}

void JournalReplay::enter_phase(const JournalJobRecord& record,
                                JobPhase phase,
                                Region& region,
                                io::WallTime time) {
    phases_[record.job] = phase;
    // A change has no attribution and counts as made by the sync's own call.
    const std::optional<Attribution> attribution =
        phase == JobPhase::done ? record.attribution.value_or(Attribution::created)
                                : record.attribution;
    counts_.add(phase, attribution);
    region.counts.add(phase, attribution);
    if (phase == JobPhase::done) {
        reason_of_job_[record.job] = static_cast<std::uint8_t>(attribution.value());
    }
    if (is_stuck(phase)) {
        // If a replica is unusable, its key state is the reason.
        add_to_group(
            stuck_, record, phase == JobPhase::unusable ? record.state : record.code, time);
    }
}

/// Records why a job is still open. This does not change the job's phase or what a rerun does. A
/// job with an outcome already has a reason.
void JournalReplay::apply_pending(const JournalJobRecord& record, io::WallTime time) {
    if (is_outcome(phases_[record.job])) {
        return;
    }
    if (is_pending_[record.job]) {
        leave_group(pending_, record.job);
    }
    is_pending_[record.job] = true;
    add_to_group(pending_, record, record.code, time);
}

void JournalReplay::update_open_job(const JournalJobRecord& record,
                                    JobPhase phase,
                                    io::WallTime time) {
    const bool closed = phase == JobPhase::done || phase == JobPhase::failed ||
                        phase == JobPhase::conflict || phase == JobPhase::blocked;
    if (closed) {
        open_.erase(record.job);
        return;
    }
    const std::optional<OpenJob> found = open_.find(record.job);
    if (!found && phase == JobPhase::deferred) {
        return;  // never sent, so there are no details
    }
    OpenJob job = found.value_or(OpenJob());
    if (phase == JobPhase::sent) {
        if (job.attribution) {  // the unusable replica was deleted, and a new one has been
                                // requested
            job = OpenJob();
        }
        if (job.attempts == 0) {
            job.first_sent = time;
        }
        if (!job.kms_clock_ahead) {
            // The first request may have been sent before the first response with KMS's time
            // arrived. A value measured soon after that request is more accurate than a value
            // measured in a later run.
            job.kms_clock_ahead = record.kms_clock_ahead;
        }
        job.last_sent = time;
        job.attempts = std::max({job.attempts, record.attempt, 1});
    }
    job.accepted = job.accepted || phase == JobPhase::accepted;
    if (phase == JobPhase::deferred && !job.accepted) {
        open_.erase(record.job);  // no unknown outcome: a rerun starts it again
        return;
    }
    if (record.creation_date_s) {
        job.creation_date_s = record.creation_date_s;
    }
    if (phase == JobPhase::unusable) {
        job.attribution = record.attribution.value_or(Attribution::existed);
    }
    open_.put(record.job, job);
}

std::optional<Attribution> JournalReplay::attribution(planner::JobIndex job) const {
    return phases_.at(job) == JobPhase::done
               ? std::optional(static_cast<Attribution>(reason_of_job_[job]))
               : std::nullopt;
}

std::string_view JournalReplay::code(planner::JobIndex job) const {
    if (!is_stuck(phases_.at(job))) {
        return {};
    }
    const std::uint8_t reason = reason_of_job_[job];
    return reason == kOtherCodes ? kOtherCodesName : std::string_view(reasons_[reason].code);
}

std::string_view JournalReplay::region_of(planner::JobIndex job) const {
    const std::uint8_t index = region_of_job_.at(job);
    return index == kNoRegion ? std::string_view() : std::string_view(regions_[index].name);
}

std::optional<OpenJob> JournalReplay::open_job(planner::JobIndex job) const {
    std::optional<OpenJob> found = open_.find(job);
    if (found) {
        return found;
    }
    const bool in_doubt =
        phases_.at(job) == JobPhase::unknown ||
        (phases_.at(job) == JobPhase::not_started && loss_.bytes + loss_.records > 0);
    return in_doubt ? std::optional(lost_job_) : std::nullopt;
}

std::chrono::milliseconds JournalReplay::active() const noexcept {
    std::chrono::milliseconds sum = active_of_dropped_runs_;
    for (const ReplayedRun& run : runs_) {
        sum += std::max(run.last_record - run.started, io::WallTime::duration(0));
    }
    return sum;
}

}  // namespace keyferry::engine
