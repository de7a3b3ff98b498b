#include "tools/keyferry/simulated/simulated_fleet.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace keyferry {

namespace {

/// A primary that has what the plan copies of it, as far as that is known.
SeededKey seeded_key(const Plan& plan, std::uint32_t key) {
    SeededKey seeded;
    const auto known = plan.contents.find(key);
    if (known == plan.contents.end()) {
        return seeded;
    }
    const KeyContent& content = known->second;
    seeded.policy = content.policy != nullptr ? *content.policy : "";
    seeded.description = content.description.value_or("");
    seeded.tags = content.tags.value_or(std::vector<Tag>());
    return seeded;
}

}  // namespace

void fill_simulator(SimulatedKms& kms, const Plan& plan) {
    std::set<Place> places;
    for (std::uint32_t k = 0; k < plan.keys.size(); ++k) {
        const PlannedKey& key = plan.keys[k];
        kms.model().add_primary_key(key.primary, seeded_key(plan, k));
        places.insert(Place(key.primary.account, key.primary.region));
    }
    for (const Job& job : plan.jobs) {
        places.insert(replica_place(plan, job));
    }
    for (const Place& place : places) {
        for (const KmsApi api : kKmsApis) {
            const double quota_per_s = plan.settings.limits.quota_per_s(place, api);
            const double least = api == KmsApi::create_key ? kCreateKeyTokensAtReplica : 1;
            kms.quotas().set(place.account.digits(),
                             place.region.name(),
                             api,
                             static_cast<std::uint32_t>(std::max(std::floor(quota_per_s), least)));
        }
    }
}

void restore_replicas(SimulatedKms& kms, const Plan& plan, const JournalReplay& replay) {
    for (JobIndex job = 0; job < plan.jobs.size(); ++job) {
        const OpenJob* open = replay.open_job(job);
        if (replay.phase(job) == JobPhase::done || (open != nullptr && open->accepted)) {
            const Job& planned = plan.jobs[job];
            kms.model().add_replica(plan.keys[planned.key].primary, plan.regions[planned.region]);
        }
    }
}

}  // namespace keyferry
