// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/cost.hpp"

#include <cassert>
#include <cstddef>

namespace keyferry::planner {

namespace {

/// Returns whether the replica exists and is billed.
bool is_billed(const JobVerdict& verdict) {
    switch (verdict.action) {
        case JobAction::create:
        case JobAction::blocked:
            return false;
        case JobAction::exists:
        case JobAction::sync:
            return true;
        case JobAction::unusable:
            return verdict.reason != ActionReason::pending_deletion;
    }
    return false;
}

/// Returns whether the primary is known to exist and be billed, given the reason of one of its
/// jobs.
bool has_billed_primary(ActionReason reason) {
    return reason != ActionReason::primary_absent && reason != ActionReason::primary_denied &&
           reason != ActionReason::primary_unseen && reason != ActionReason::no_credentials &&
           reason != ActionReason::primary_pending_deletion;
}

}  // namespace

PlanCost plan_cost(const ReviewedPlan& reviewed, const std::vector<BucketLoad>& load) {
    const Plan& plan = reviewed.plan;
    const PlanReview& review = reviewed.review;
    assert(review.verdicts.size() == plan.jobs.size());
    PlanCost cost;
    cost.keys_before = plan.keys.size() + review.extras.size();
    const Job* last = nullptr;
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
        const JobVerdict& verdict = review.verdicts[j];
        const bool is_keys_first = last == nullptr || last->key != plan.jobs[j].key;
        last = &plan.jobs[j];
        if (is_keys_first && !has_billed_primary(verdict.reason)) {
            --cost.keys_before;
        }
        cost.keys_before += is_billed(verdict) ? 1 : 0;
        cost.keys_added += verdict.action == JobAction::create ? 1 : 0;
    }
    const Prices& prices = plan.settings.prices;
    cost.usd_per_month_before = static_cast<double>(cost.keys_before) * prices.key_usd_per_month;
    cost.usd_per_month_added = static_cast<double>(cost.keys_added) * prices.key_usd_per_month;
    double requests = 0;
    for (const BucketLoad& bucket : load) {
        requests += bucket.requests;
    }
    cost.run_usd_max =
        requests * plan.settings.retry.attempts_max / 10'000 * prices.requests_usd_per_10000;
    cost.survey_usd = static_cast<double>(review.calls) / 10'000 * prices.requests_usd_per_10000;
    return cost;
}

}  // namespace keyferry::planner
