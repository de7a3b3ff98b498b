// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_api.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <vector>

namespace keyferry::planner {

/// The load of a plan on one quota (account, Region, API).
struct BucketLoad {
    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::replicate_key;
    /// As counted by KMS: one ReplicateKey call also counts as two CreateKey requests.
    double requests = 0;
    double quota_per_s = 0;  ///< the account's quota
    double rate_per_s = 0;   ///< quota x share, the rate that a run uses
    /// Lower bound for the time from the first call of a run to the last. It is the larger of two
    /// values: (requests - the requests of kBurstCalls calls) / rate, and the number of seconds
    /// before the last call if only as many whole calls are made in each second as the quota
    /// allows. Retries and other callers' requests increase the actual time.
    double seconds = 0;
};

/// Returns the load of a plan on all quotas, slowest first, then by account, Region and API. Each
/// job counts as 1 ReplicateKey request in the primary's Region, 2 CreateKey requests in the
/// replica's Region and, if a run waits until replicas are ready, at least 1 DescribeKey request in
/// the replica's Region.
[[nodiscard]] std::vector<BucketLoad> quota_load(const Plan& plan);

/// Returns the load of the jobs whose action is create.
[[nodiscard]] std::vector<BucketLoad> quota_load(const ReviewedPlan& reviewed);

/// Returns the calls that the survey made, by quota, in the order of quota_load(), which does not
/// include them. The result is empty if KMS was not queried.
[[nodiscard]] std::vector<BucketLoad> survey_load(const ReviewedPlan& reviewed);

}  // namespace keyferry::planner
