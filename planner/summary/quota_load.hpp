// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_api.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

#include <vector>

namespace keyferry::planner {

/// What a plan asks of one quota (account, Region, API).
struct BucketLoad {
    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::replicate_key;
    double requests = 0;     ///< as KMS counts them: one ReplicateKey is also two CreateKey
    double quota_per_s = 0;  ///< of the account
    double rate_per_s = 0;   ///< quota x share: what a run will use
    /// No run takes less from its first call to its last: (requests - kBurstCalls calls' worth)
    /// / rate, or, where that is more, a second for each as many calls as the quota has room for in
    /// one second. Retries and the requests of others come on top.
    double seconds = 0;
};

/// What a plan asks of all quotas, the longest first, equal ones by account, Region and API. Each
/// job counts 1 ReplicateKey at the primary, 2 CreateKey at the replica, and, where a run waits
/// until replicas are ready, at least 1 DescribeKey at the replica.
[[nodiscard]] std::vector<BucketLoad> quota_load(const Plan& plan);

/// The same for those jobs alone whose replicas are to be created.
[[nodiscard]] std::vector<BucketLoad> quota_load(const Plan& plan, const PlanReview& review);

/// What the survey behind `review` has asked of each quota, in the same order: calls that are made
/// and count no more. Empty where nobody has asked KMS.
[[nodiscard]] std::vector<BucketLoad> survey_load(const Plan& plan, const PlanReview& review);

}  // namespace keyferry::planner
