// SPDX-License-Identifier: Apache-2.0
#include "planner/review/replica_sync.hpp"

#include "planner/review/replica_drift.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

namespace keyferry::planner {

namespace {

std::optional<std::string> value_of(const std::optional<std::vector<io::Tag>>& tags,
                                    const std::string& key) {
    if (tags) {
        const auto found = std::find_if(
            tags->begin(), tags->end(), [&](const io::Tag& tag) { return tag.key == key; });
        if (found != tags->end()) {
            return found->value;
        }
    }
    return std::nullopt;
}

}  // namespace

std::vector<ReplicaChange> replica_changes(const ReviewedPlan& reviewed,
                                           const Inventory& inventory,
                                           JobIndex job,
                                           std::uint8_t parts,
                                           SharedTexts& texts) {
    const Plan& plan = reviewed.plan;
    const JobVerdict& verdict = reviewed.review.verdicts.at(job);
    const unsigned steps = static_cast<unsigned>(verdict.steps) & parts;
    const auto found = inventory.replicas.find(job);
    // Nothing else is read if the spec sets only the state.
    assert(found != inventory.replicas.end() || (steps & ~sync_enabled) == 0U);
    const ReplicaContent seen =
        found == inventory.replicas.end() ? ReplicaContent() : found->second;
    const io::KeyArn replica = replica_arn(plan, plan.jobs[job]);
    std::vector<ReplicaChange> changes;
    std::optional<io::ReplicateKeyRequest> wanted;
    if ((steps & (sync_policy | sync_description)) != 0) {
        wanted = replicate_request(plan, plan.jobs[job]);
    }
    if ((steps & sync_description) != 0) {
        ReplicaChange& change = changes.emplace_back(replica, io::KmsApi::update_key_description);
        change.from = texts.share(seen.content.description.value_or(""));
        change.to = texts.share(wanted->description.value());
    }
    if ((steps & sync_tags) != 0) {
        ReplicaChange& change = changes.emplace_back(replica, io::KmsApi::tag_resource);
        for (io::Tag& tag : missing_tags(plan, plan.jobs[job], seen.content)) {
            std::optional<std::string> now = value_of(seen.content.tags, tag.key);
            change.tags.emplace_back(std::move(tag.key), std::move(now), std::move(tag.value));
        }
    }
    if ((steps & sync_aliases) != 0) {
        for (std::string& name : missing_aliases(plan, plan.jobs[job], inventory, seen)) {
            changes.emplace_back(replica, io::KmsApi::create_alias).alias = std::move(name);
        }
    }
    if ((steps & sync_enabled) != 0) {
        const bool enables = !verdict.wants_disabled;
        ReplicaChange& change = changes.emplace_back(
            replica, enables ? io::KmsApi::enable_key : io::KmsApi::disable_key);
        change.from = texts.share(
            std::string(name_of(enables ? io::KeyState::disabled : io::KeyState::enabled)));
        change.to = texts.share(
            std::string(name_of(enables ? io::KeyState::enabled : io::KeyState::disabled)));
    }
    if ((steps & sync_policy) != 0) {
        ReplicaChange& change = changes.emplace_back(replica, io::KmsApi::put_key_policy);
        change.from = seen.content.policy;
        change.to = texts.share(wanted->policy.value());
        change.bypass_policy_lockout_safety_check = wanted->bypass_policy_lockout_safety_check;
    }
    return changes;
}

std::vector<JobIndex> jobs_to_sync(const PlanReview& review, std::uint8_t parts) {
    std::vector<JobIndex> jobs;
    for (JobIndex job = 0; job < review.verdicts.size(); ++job) {
        if ((review.verdicts[job].steps & parts) != 0) {
            jobs.push_back(job);
        }
    }
    return jobs;
}

}  // namespace keyferry::planner
