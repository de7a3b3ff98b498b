#pragma once

#include "io/names/kms_api.hpp"
#include "io/names/place.hpp"
#include "planner/plan.hpp"

#include <vector>

namespace keyferry {

/// What a plan asks of one quota (account, Region, API).
struct BucketLoad {
    Place place;
    KmsApi api = KmsApi::replicate_key;
    double requests = 0;     ///< as KMS counts them: one ReplicateKey is also two CreateKey
    double quota_per_s = 0;  ///< of the account
    double rate_per_s = 0;   ///< quota x share: what a run will use
    double seconds = 0;      ///< requests / rate
};

/// What a plan asks of all quotas, and the time that follows: no order of the calls is faster than
/// the bucket that takes longest. Retries, the requests of others and the time that replicas stay
/// Creating come on top.
struct QuotaLoad {
    std::vector<BucketLoad> buckets;  ///< the longest first; equal ones by account, Region, API
    double seconds = 0;               ///< of the first bucket; 0 for an empty plan
    /// What twice the quota of the first bucket would save, all others as they are.
    double seconds_saved_by_doubling = 0;
};

/// Each job counts 1 ReplicateKey at the primary, 2 CreateKey at the replica, and, where a run
/// waits until replicas are ready, at least 1 DescribeKey at the replica.
QuotaLoad quota_load(const Plan& plan);

}  // namespace keyferry
