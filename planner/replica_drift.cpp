#include "planner/replica_drift.hpp"

#include "planner/policy_meaning.hpp"

#include <algorithm>
#include <vector>

namespace keyferry {

namespace {

bool has_all(const std::vector<Tag>& tags, const std::vector<Tag>& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const Tag& tag) {
        return std::find(tags.begin(), tags.end(), tag) != tags.end();
    });
}

}  // namespace

CopiedParts stated_parts(const Plan& plan, std::uint32_t key) {
    const ReplicaParameters& parameters = plan.groups.at(plan.keys.at(key).group).parameters;
    CopiedParts parts = copied_parts(plan, key);
    parts.policy |= parameters.policy.has_value();
    parts.description |= parameters.description.has_value();
    parts.tags |= !parameters.tags.empty();
    return parts;
}

std::uint8_t drift_of(const Plan& plan, const Job& job, const KeyContent& seen) {
    if (copied_parts(plan, job.key).any() && !plan.contents.contains(job.key)) {
        return 0;
    }
    const ReplicateKeyRequest wanted = replicate_request(plan, job);
    unsigned steps = 0;
    if (wanted.policy && seen.policy != nullptr &&
        policy_meaning(*wanted.policy) != policy_meaning(*seen.policy)) {
        steps |= sync_policy;
    }
    if (wanted.description && seen.description && *wanted.description != *seen.description) {
        steps |= sync_description;
    }
    if (seen.tags && !has_all(*seen.tags, wanted.tags)) {
        steps |= sync_tags;
    }
    return static_cast<std::uint8_t>(steps);
}

}  // namespace keyferry
