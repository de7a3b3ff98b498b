// SPDX-License-Identifier: Apache-2.0
#include "planner/review/replica_drift.hpp"

#include "planner/policy/policy_meaning.hpp"
#include "planner/policy/policy_template.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace keyferry::planner {

CopiedParts stated_parts(const Plan& plan, std::uint32_t key) {
    const ReplicaParameters& parameters = plan.groups.at(plan.keys.at(key).group).parameters;
    CopiedParts parts = copied_parts(plan, key);
    parts.policy |= parameters.policy.has_value();
    parts.description |= parameters.description.has_value();
    parts.tags |= !parameters.tags.empty();
    return parts;
}

std::optional<std::vector<std::string>> wanted_aliases(const Plan& plan,
                                                       const Job& job,
                                                       const Inventory& inventory) {
    const AliasSpec& spec = alias_spec(plan, job.key);
    std::vector<std::string> names;
    if (spec.copied) {
        const auto of_primary = inventory.aliases.find(job.key);
        if (of_primary == inventory.aliases.end()) {
            return std::nullopt;
        }
        names = of_primary->second;
    }
    const io::KeyArn replica = replica_arn(plan, job);
    for (const std::string& name : spec.templates) {
        names.push_back(fill_template(
            name, {replica.region.name(), replica.account.digits(), replica.key_id.text()}));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::vector<std::string> missing_aliases(const Plan& plan,
                                         const Job& job,
                                         const Inventory& inventory,
                                         const ReplicaContent& seen) {
    std::vector<std::string> missing;
    const auto wanted = wanted_aliases(plan, job, inventory);
    if (wanted && seen.are_aliases_read) {
        std::set_difference(wanted->begin(),
                            wanted->end(),
                            seen.aliases.begin(),
                            seen.aliases.end(),
                            std::back_inserter(missing));
    }
    return missing;
}

std::set<std::pair<io::AccountRegion, std::string>> shared_aliases(const Plan& plan,
                                                                   const Inventory& inventory) {
    std::set<std::pair<io::AccountRegion, std::string>> wanted;
    std::set<std::pair<io::AccountRegion, std::string>> shared;
    for (const Job& job : plan.jobs) {
        if (!alias_spec(plan, job.key).any()) {
            continue;
        }
        const auto names = wanted_aliases(plan, job, inventory);
        for (const std::string& name : names.value_or(std::vector<std::string>())) {
            std::pair<io::AccountRegion, std::string> alias(replica_location(plan, job), name);
            if (!wanted.insert(alias).second) {
                shared.insert(std::move(alias));
            }
        }
    }
    return shared;
}

std::vector<io::Tag> missing_tags(const Plan& plan, const Job& job, const KeyContent& seen) {
    std::vector<io::Tag> missing;
    if (!seen.tags || (copied_parts(plan, job.key).any() && !plan.contents.contains(job.key))) {
        return missing;
    }
    for (const io::Tag& tag : replicate_request(plan, job).tags) {
        if (std::find(seen.tags->begin(), seen.tags->end(), tag) == seen.tags->end()) {
            missing.push_back(tag);
        }
    }
    return missing;
}

bool is_compared(const ReviewedPlan& reviewed, const Inventory& inventory, JobIndex job) {
    const Plan& plan = reviewed.plan;
    const ActionReason reason = reviewed.review.verdicts.at(job).reason;
    if (reason != ActionReason::ready && reason != ActionReason::differs &&
        reason != ActionReason::enabled && reason != ActionReason::disabled) {
        return false;
    }
    const std::uint32_t key = plan.jobs.at(job).key;
    if (!stated_parts(plan, key).any() && !alias_spec(plan, key).any()) {
        return true;
    }
    const auto replica = inventory.replicas.find(job);
    return replica != inventory.replicas.end() && replica->second.worst == LookupStatus::found &&
           (!copied_parts(plan, key).any() || plan.contents.contains(key)) &&
           (!alias_spec(plan, key).copied || inventory.aliases.contains(key));
}

std::uint8_t drift_of(const Plan& plan,
                      const Job& job,
                      const Inventory& inventory,
                      const ReplicaContent& seen) {
    unsigned steps = 0;
    if (!missing_aliases(plan, job, inventory, seen).empty()) {
        steps |= sync_aliases;
    }
    if (copied_parts(plan, job.key).any() && !plan.contents.contains(job.key)) {
        return static_cast<std::uint8_t>(steps);
    }
    const io::ReplicateKeyRequest wanted = replicate_request(plan, job);
    const KeyContent& content = seen.content;
    if (wanted.policy && content.policy != nullptr &&
        policy_meaning(*wanted.policy) != policy_meaning(*content.policy)) {
        steps |= sync_policy;
    }
    if (wanted.description && content.description && *wanted.description != *content.description) {
        steps |= sync_description;
    }
    if (!missing_tags(plan, job, content).empty()) {
        steps |= sync_tags;
    }
    return static_cast<std::uint8_t>(steps);
}

}  // namespace keyferry::planner
