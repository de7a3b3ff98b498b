// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_api.hpp"
#include "planner/summary/quota_load.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::planner {

/// When a run works on one Region, in seconds from the start of the run. Both are 0 if the run
/// creates no replicas in the Region.
struct RegionForecast {
    double starts_s = 0;  ///< the first ReplicateKey call is sent
    double ends_s = 0;    ///< the last replica is ready
};

/// A quota with a different value than in the plan.
struct RaisedQuota {
    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::replicate_key;
    double quota_per_s = 0;
};

/// The time saved by raising quotas.
struct QuotaSaving {
    std::vector<RaisedQuota> quotas;  ///< raised together; all other quotas are unchanged
    double seconds = 0;               ///< time saved; at least 0
    /// True if the run was simulated with the raised quotas; false if only bounds were compared.
    bool is_forecast = false;
};

/// How long a run takes without failures, assuming that none of the replicas to create exists yet.
/// A plain value, computed by engine/forecast.
struct PlanForecast {
    /// Time until every replica is ready, or until KMS has accepted it if the run does not wait for
    /// readiness. At least seconds_min.
    double seconds = 0;
    /// The last part of `seconds`: the time from the response to the last ReplicateKey call until
    /// the last replicas have left the state Creating.
    double creation_wait_seconds = 0;
    /// The plan was too large to simulate: `seconds` is the sum of seconds_min, one round trip and
    /// creation_wait_seconds, and `regions` is empty.
    bool is_bound = false;

    /// Lower bound for the time from the first ReplicateKey call to the last, regardless of their
    /// order.
    double seconds_min = 0;
    /// The quota that determines seconds_min. Empty for an empty plan, and if seconds_min is
    /// determined by a key with many replicas, because calls on the same key are spaced out.
    std::optional<BucketLoad> slowest;
    /// The maximum number of replicas of one key, and the minimum time for its calls, which are
    /// spaced out.
    std::uint32_t replicas_of_key_max = 0;
    double key_seconds_min = 0;

    std::vector<RegionForecast> regions;  ///< one per element of plan.regions
    /// Empty unless `slowest` is set. In the first element, that quota is doubled. In the next
    /// element, if there is one, it has the value above which raising it alone saves no more time.
    /// If doubling it saves little time, there is a last element in which all quotas that take
    /// nearly as long are doubled.
    std::vector<QuotaSaving> savings;

    // Assumptions.
    double round_trip_seconds = 0;  ///< from sending a call to its response
    double creating_seconds = 0;    ///< how long a replica stays Creating
};

}  // namespace keyferry::planner
