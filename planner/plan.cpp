#include "planner/plan.hpp"

#include "planner/policy_template.hpp"

#include <cassert>

namespace keyferry {

namespace {

const KeyArn& primary_of(const Plan& plan, const Job& job) {
    assert(job.key < plan.keys.size());
    return plan.keys[job.key].primary;
}

const Region& region_of(const Plan& plan, const Job& job) {
    assert(job.region < plan.regions.size());
    return plan.regions[job.region];
}

}  // namespace

KeyArn replica_arn(const Plan& plan, const Job& job) {
    return primary_of(plan, job).in(region_of(plan, job));
}

Place primary_place(const Plan& plan, const Job& job) {
    const KeyArn& primary = primary_of(plan, job);
    return Place(primary.account, primary.region);
}

Place replica_place(const Plan& plan, const Job& job) {
    return Place(primary_of(plan, job).account, region_of(plan, job));
}

ReplicateKeyRequest replicate_request(const Plan& plan, const Job& job) {
    const KeyArn& primary = primary_of(plan, job);
    const Region& region = region_of(plan, job);
    const ReplicaParameters& parameters = plan.groups.at(plan.keys[job.key].group).parameters;
    ReplicateKeyRequest request(primary.text(), region.name());
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

}  // namespace keyferry
