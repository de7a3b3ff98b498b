// SPDX-License-Identifier: Apache-2.0
#include "tests/soak/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace keyferry::soak {

namespace {

/// What is wrong with a job that is journalled as done; empty when nothing is.
std::string check_done(const World& world, planner::JobIndex job, engine::Attribution attribution) {
    const bool ours = world.effects(job) > 0;
    const bool says_ours = attribution != engine::Attribution::existed;
    if (ours && !says_ours) {
        return "says that the replica existed, but this program made it";
    }
    if (!ours && says_ours) {
        return "says that this program made the replica, but it did not";
    }
    if (!ours && world.stranger(job) != World::Stranger::usable) {
        return "says that the replica existed, but there is none that is usable";
    }
    return {};
}

std::string check_job(const World& world,
                      const engine::JournalReplay& replay,
                      planner::JobIndex job) {
    const bool made = world.effects(job) > 0;
    const engine::OpenJob* open = replay.open_job(job);
    switch (replay.phase(job)) {
        case engine::JobPhase::untouched:
            return made ? "knows nothing of a replica that this program made" : "";
        case engine::JobPhase::sent:
        case engine::JobPhase::unknown:
            return {};
        case engine::JobPhase::accepted:
            return made ? "" : "says that KMS accepted a replica that was never made";
        case engine::JobPhase::done:
            return check_done(world, job, replay.attribution(job).value());
        case engine::JobPhase::failed:
            return made                     ? "says failed, but the replica was made"
                   : world.was_refused(job) ? ""
                                            : "says failed, but KMS has refused nothing for good";
        case engine::JobPhase::conflict:
            return made || world.stranger(job) != World::Stranger::unusable
                       ? "says that something stands in the way, but nothing does"
                       : "";
        case engine::JobPhase::deferred:
            return made != (open != nullptr && open->accepted)
                       ? "says deferred, and is wrong about whether there is a replica"
                       : "";
    }
    return "stands in no phase";
}

}  // namespace

void check_journal(World& world, const engine::JournalReplay& replay, io::Moment now) {
    for (planner::JobIndex job = 0; job < world.plan().jobs.size(); ++job) {
        const std::string problem = check_job(world, replay, job);
        if (!problem.empty()) {
            world.violated(
                now,
                fmt::format("of job {} ({}) the journal {}",
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
    const engine::PhaseCounts& counts = replay.counts();
    const auto check = [&](std::string_view what, std::uint64_t counted, std::uint64_t journalled) {
        if (counted != journalled) {
            world.violated(
                now,
                fmt::format("the run counted {} {}, its journal {}", counted, what, journalled));
        }
    };
    check("jobs over", progress.over(), world.plan().jobs.size());
    check("created", progress.created, counts.of(engine::Attribution::created));
    check("reconciled",
          progress.created_reconciled,
          counts.of(engine::Attribution::created_reconciled));
    check("existed", progress.existed, counts.of(engine::Attribution::existed));
    check("failed", progress.failed, counts.of(engine::JobPhase::failed));
    check("conflicts", progress.conflicts, counts.of(engine::JobPhase::conflict));
    check("unknown", progress.unknown, counts.of(engine::JobPhase::unknown));
    check("deferred", progress.deferred, counts.of(engine::JobPhase::deferred));
}

void check_quotas(World& world, io::Moment now) {
    for (const simulator::LedgerPeak& peak : world.kms().ledger().peaks()) {
        const io::AccountRegion place(io::AccountId::parse(peak.account).value(),
                                      io::Region::parse(peak.region).value());
        const double quota_per_s = world.plan().settings.limits.quota_per_s(place, peak.api);
        // One call may cost more than the quota of a second.
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

std::size_t jobs_left(const World& world, const engine::JournalReplay& replay) {
    std::size_t left = 0;
    for (planner::JobIndex job = 0; job < world.plan().jobs.size(); ++job) {
        const engine::JobPhase phase = replay.phase(job);
        const bool given_up =
            phase == engine::JobPhase::failed || phase == engine::JobPhase::conflict;
        left += phase != engine::JobPhase::done && !(given_up && world.is_hopeless(job)) ? 1 : 0;
    }
    return left;
}

}  // namespace keyferry::soak
