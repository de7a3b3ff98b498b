// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/simulated/simulated_fleet.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace keyferry::cli {

namespace {

/// A primary with the properties that the plan copies, if they are known.
simulator::SeededKey seeded_key(const planner::Plan& plan, std::uint32_t key) {
    simulator::SeededKey seeded;
    const auto known = plan.contents.find(key);
    if (known == plan.contents.end()) {
        return seeded;
    }
    const planner::KeyContent& content = known->second;
    seeded.policy = content.policy != nullptr ? *content.policy : "";
    seeded.description = content.description.value_or("");
    seeded.tags = content.tags.value_or(std::vector<io::Tag>());
    return seeded;
}

}  // namespace

void fill_simulator(simulator::SimulatedKms& kms, const planner::Plan& plan) {
    std::set<io::AccountRegion> places;
    for (std::uint32_t k = 0; k < plan.keys.size(); ++k) {
        const planner::PlannedKey& key = plan.keys[k];
        kms.model().add_primary_key(key.primary, seeded_key(plan, k));
        places.insert(io::AccountRegion(key.primary.account, key.primary.region));
    }
    for (const planner::Job& job : plan.jobs) {
        places.insert(planner::replica_location(plan, job));
    }
    for (const io::AccountRegion& place : places) {
        for (const io::KmsApi api : io::kKmsApis) {
            const double quota_per_s = plan.settings.limits.quota_per_s(place, api);
            const double least =
                api == io::KmsApi::create_key ? planner::kCreateKeyTokensAtReplica : 1;
            kms.quotas().set(place.account.digits(),
                             place.region.name(),
                             api,
                             static_cast<std::uint32_t>(std::max(std::floor(quota_per_s), least)));
        }
    }
}

void restore_replicas(simulator::SimulatedKms& kms,
                      const planner::Plan& plan,
                      const engine::JournalReplay& replay) {
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const std::optional<engine::OpenJob> open = replay.open_job(job);
        if (replay.phase(job) == engine::JobPhase::done || (open && open->accepted)) {
            const planner::Job& planned = plan.jobs[job];
            kms.model().add_replica(plan.keys[planned.key].primary, plan.regions[planned.region]);
        }
    }
}

}  // namespace keyferry::cli
