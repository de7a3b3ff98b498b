// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/plan_summary.hpp"

#include <array>
#include <cassert>
#include <numeric>

namespace keyferry::planner {

std::string_view policy_kind(const ReplicaParameters& parameters) noexcept {
    return parameters.copied.policy        ? "copy"
           : !parameters.policy            ? "default"
           : parameters.policy_is_template ? "template"
                                           : "custom";
}

std::uint64_t ActionCounts::total() const noexcept {
    return std::accumulate(replicas.begin(), replicas.end(), std::uint64_t{0});
}

PlanSummary summarize(const ReviewedPlan& reviewed) {
    const Plan& plan = reviewed.plan;
    assert(reviewed.review.verdicts.size() == plan.jobs.size());
    PlanSummary summary;
    summary.groups.resize(plan.groups.size());
    for (const io::Region& region : plan.regions) {
        summary.regions.push_back(RegionSummary{region, {}, 0});
    }
    for (const PlannedKey& key : plan.keys) {
        ++summary.groups[key.group].keys;
        summary.accounts.insert(key.primary.account);
    }
    std::array<std::uint64_t, kActionReasons> reasons{};
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
        const Job& job = plan.jobs[j];
        const JobVerdict& verdict = reviewed.review.verdicts[j];
        summary.actions.count(verdict.action);
        summary.regions[job.region].actions.count(verdict.action);
        summary.groups[plan.keys[job.key].group].actions.count(verdict.action);
        ++reasons.at(static_cast<std::size_t>(verdict.reason));
    }
    for (std::size_t r = 0; r < reasons.size(); ++r) {
        if (reasons[r] > 0) {
            summary.reasons.push_back(ReasonSummary{static_cast<ActionReason>(r), reasons[r]});
        }
    }
    for (const ExtraReplica& extra : reviewed.review.extras) {
        for (RegionSummary& region : summary.regions) {
            region.extras += region.region.name() == extra.region ? 1 : 0;
        }
    }
    summary.load = quota_load(reviewed);
    summary.survey = survey_load(reviewed);
    summary.key_quotas = key_quota_usage(reviewed);
    summary.cost = plan_cost(reviewed, summary.load);
    summary.findings = find_findings(reviewed, summary);
    return summary;
}

}  // namespace keyferry::planner
