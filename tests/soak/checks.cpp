// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace keyferry::soak {

namespace {

/// Returns an error if the journal records the job as done incorrectly; otherwise an empty string.
std::string check_done(const World& world, planner::JobIndex job, engine::Attribution attribution) {
    const bool ours = world.effects(job) > 0;
    const bool says_ours = attribution != engine::Attribution::existed;
    if (world.was_unmeasured(job) &&
        (ours || world.foreign_replica(job) == World::ForeignReplica::usable)) {
        return {};
    }
    if (ours && !says_ours) {
        return "says that the replica existed, but this program created it";
    }
    if (!ours && says_ours) {
        return "says that this program created the replica, but it did not";
    }
    if (!ours && world.foreign_replica(job) != World::ForeignReplica::usable) {
        return "says that the replica existed, but no usable replica exists";
    }
    return {};
}

std::string check_job(const World& world,
                      const engine::JournalReplay& replay,
                      planner::JobIndex job) {
    const bool made = world.effects(job) > 0;
    const std::optional<engine::OpenJob> open = replay.open_job(job);
    switch (replay.phase(job)) {
        case engine::JobPhase::not_started:
            return made ? "has no record of a replica that this program created" : "";
        case engine::JobPhase::sent:
        case engine::JobPhase::unknown:
            return {};
        case engine::JobPhase::accepted:
            return made ? "" : "says that KMS accepted a replica that was never created";
        case engine::JobPhase::done:
            if (world.is_removed(job)) {
                return {};  // deleted after it was recorded
            }
            return check_done(world, job, replay.attribution(job).value());
        case engine::JobPhase::failed:
            return made                     ? "says failed, but the replica was created"
                   : world.was_refused(job) ? ""
                                            : "says failed, but KMS has not returned a final error";
        case engine::JobPhase::conflict:
            return "says conflict, but no unrelated key exists";
        case engine::JobPhase::deferred:
            return made != (open && open->accepted)
                       ? "says deferred, but is wrong about whether a replica exists"
                       : "";
        case engine::JobPhase::unusable:
            return made || world.foreign_replica(job) != World::ForeignReplica::unusable
                       ? "says unusable, but no unusable replica exists"
                       : "";
        case engine::JobPhase::blocked:
            return made ? "says blocked, but the replica was created"
                   : world.was_primary_disabled(job)
                       ? ""
                       : "says blocked, but the primary was never disabled";
    }
    return "has an invalid phase";
}

}  // namespace

void check_journal(World& world, const engine::JournalReplay& replay, io::Moment now) {
    for (planner::JobIndex job = 0; job < world.plan().jobs.size(); ++job) {
        const std::string problem = check_job(world, replay, job);
        if (!problem.empty()) {
            world.violated(
                now,
                fmt::format("job {} ({}): the journal {}",
                            job,
                            planner::replica_arn(world.plan(), world.plan().jobs[job]).text(),
                            problem));
        }
    }
}

void check_counts(World& world,
                  const engine::JournalReplay& replay,
                  const engine::Progress& progress,
                  io::Moment now) {
    const engine::JobCounts& counts = replay.counts();
    if (progress.ended == counts && counts.jobs() == world.plan().jobs.size()) {
        return;
    }
    for (std::size_t phase = 0; phase < engine::kJobPhases; ++phase) {
        const auto of = static_cast<engine::JobPhase>(phase);
        if (progress.ended.of(of) != counts.of(of)) {
            world.violated(now,
                           fmt::format("the run counted {} jobs as {}, its journal has {}",
                                       progress.ended.of(of),
                                       name_of(of),
                                       counts.of(of)));
        }
    }
    world.violated(now, "the counts of the run differ from those of its journal");
}

void check_quotas(World& world, io::Moment now) {
    for (const simulator::LedgerPeak& peak : world.kms().ledger().peaks()) {
        const io::AccountRegion place(io::AccountId::parse(peak.account).value(),
                                      io::Region::parse(peak.region).value());
        const double quota_per_s = world.plan().settings.limits.quota_per_s(place, peak.api);
        // A single call may cost more tokens than the quota allows per second.
        const double one_call =
            peak.api == io::KmsApi::create_key ? planner::kCreateKeyTokensAtReplica : 1;
        if (peak.units > std::max(std::floor(quota_per_s), one_call)) {
            world.violated(now,
                           fmt::format("{} {} in {} in one second, where the quota is {}",
                                       peak.units,
                                       name_of(peak.api),
                                       peak.region,
                                       quota_per_s));
        }
    }
}

bool check_complete(World& world,
                    const engine::JournalReplay& replay,
                    io::Moment start,
                    io::Moment now) {
    bool is_waiting = false;
    const bool had_outage = world.had_outage(start, now);
    for (planner::JobIndex job = 0; job < world.plan().jobs.size(); ++job) {
        const engine::JobPhase phase = replay.phase(job);
        const engine::JobPhase expected =
            world.is_denied(job) ? engine::JobPhase::failed : engine::JobPhase::done;
        if (phase == expected && world.is_removed(job)) {
            // The run could not check the replica, or the replica was deleted after it had.
            is_waiting |= world.waits_for_mending(job);
            continue;
        }
        if (phase == expected) {
            continue;
        }
        const bool is_unready =
            phase == engine::JobPhase::deferred || phase == engine::JobPhase::unknown;
        if (world.waits_for_mending(job) || (is_unready && world.was_asleep_for_long())) {
            is_waiting = true;
            continue;
        }
        if (is_unready && had_outage && world.is_exhausted(job)) {
            continue;
        }
        world.violated(
            now,
            fmt::format("job {} ({}) ends as {} ({}) instead of {}",
                        job,
                        planner::replica_arn(world.plan(), world.plan().jobs[job]).text(),
                        name_of(phase),
                        replay.code(job),
                        name_of(expected)));
    }
    return is_waiting;
}

std::size_t jobs_left(const World& world, const engine::JournalReplay& replay) {
    std::size_t left = 0;
    for (planner::JobIndex job = 0; job < world.plan().jobs.size(); ++job) {
        const engine::JobPhase phase = replay.phase(job);
        const bool is_done = phase == engine::JobPhase::done && !world.is_removed(job);
        const bool is_final = phase == engine::JobPhase::failed ||
                              phase == engine::JobPhase::unusable ||
                              phase == engine::JobPhase::blocked;
        left += !is_done && !(is_final && world.is_unfinishable(job)) ? 1 : 0;
    }
    return left;
}

}  // namespace keyferry::soak
