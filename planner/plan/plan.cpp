// SPDX-License-Identifier: Apache-2.0
#include "planner/plan/plan.hpp"

#include "planner/plan/plan_identity.hpp"
#include "planner/policy/policy_template.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::planner {

namespace {

const io::KeyArn& primary_of(const Plan& plan, const Job& job) {
    assert(job.key < plan.keys.size());
    return plan.keys[job.key].primary;
}

const io::Region& region_of(const Plan& plan, const Job& job) {
    assert(job.region < plan.regions.size());
    return plan.regions[job.region];
}

}  // namespace

const CopiedParts& copied_parts(const Plan& plan, std::uint32_t key) {
    return plan.groups.at(plan.keys.at(key).group).parameters.copied;
}

const AliasSpec& alias_spec(const Plan& plan, std::uint32_t key) {
    return plan.groups.at(plan.keys.at(key).group).parameters.aliases;
}

EnabledSpec enabled_spec(const Plan& plan, std::uint32_t key) {
    return plan.groups.at(plan.keys.at(key).group).parameters.enabled;
}

io::KeyArn stated_arn(const Plan& plan, std::uint32_t key) {
    const io::KeyArn& primary = plan.keys.at(key).primary;
    const auto moved = plan.moved_from.find(key);
    return moved == plan.moved_from.end() ? primary : primary.in(moved->second);
}

io::KeyArn replica_arn(const Plan& plan, const Job& job) {
    return primary_of(plan, job).in(region_of(plan, job));
}

io::AccountRegion primary_location(const Plan& plan, const Job& job) {
    const io::KeyArn& primary = primary_of(plan, job);
    return io::AccountRegion(primary.account, primary.region);
}

io::AccountRegion replica_location(const Plan& plan, const Job& job) {
    return io::AccountRegion(primary_of(plan, job).account, region_of(plan, job));
}

io::ReplicateKeyRequest request_without_contents(const Plan& plan, const Job& job) {
    const io::KeyArn& primary = primary_of(plan, job);
    const io::Region& region = region_of(plan, job);
    const ReplicaParameters& parameters = plan.groups.at(plan.keys[job.key].group).parameters;
    io::ReplicateKeyRequest request(primary.text(), region.name());
    if (parameters.policy && parameters.policy_is_template) {
        request.policy = fill_template(
            *parameters.policy, {region.name(), primary.account.digits(), primary.key_id.text()});
    } else {
        request.policy = parameters.policy;
    }
    request.bypass_policy_lockout_safety_check = parameters.bypass_policy_lockout_safety_check;
    request.description = parameters.description;
    request.tags = parameters.tags;
    return request;
}

io::ReplicateKeyRequest replicate_request(const Plan& plan, const Job& job) {
    io::ReplicateKeyRequest request = request_without_contents(plan, job);
    const CopiedParts& copied = copied_parts(plan, job.key);
    if (!copied.any()) {
        return request;
    }
    const auto content = plan.contents.find(job.key);
    assert(content != plan.contents.end() && content->second.parts() == copied);
    if (copied.policy) {
        request.policy = *content->second.policy;
    }
    if (copied.description) {
        request.description = content->second.description;
    }
    if (copied.tags) {
        request.tags = *content->second.tags;
    }
    return request;
}

bool lacks_contents(const Plan& plan, const Job& job) {
    return copied_parts(plan, job.key).any() && !plan.contents.contains(job.key);
}

bool lacks_contents(const Plan& plan) {
    return std::any_of(plan.jobs.begin(), plan.jobs.end(), [&](const Job& job) {
        return lacks_contents(plan, job);
    });
}

void set_contents(Plan& plan, KeyContents contents) {
    if (contents.empty() && plan.contents.empty()) {
        return;  // the SHA-256 stays the same
    }
    plan.contents = std::move(contents);
    plan.sha256 = plan_sha256(plan);
}

}  // namespace keyferry::planner
