// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_api.hpp"
#include "planner/summary/quota_load.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::planner {

/// When a run is busy with one Region, in seconds from its start; both 0 where it makes nothing.
struct RegionForecast {
    double starts_s = 0;  ///< the first ReplicateKey for it leaves
    double ends_s = 0;    ///< its last replica is ready
};

/// A quota at another value than the plan's.
struct RaisedQuota {
    io::AccountRegion place;
    io::KmsApi api = io::KmsApi::replicate_key;
    double quota_per_s = 0;
};

/// What raising quotas would save.
struct QuotaSaving {
    std::vector<RaisedQuota> quotas;  ///< raised together, all others as they are
    double seconds = 0;               ///< saved; 0 where it would be less than nothing
    /// True where the whole run was forecast again; false where only the bounds were compared.
    bool is_forecast = false;
};

/// How long a run of a plan takes that meets no trouble and finds none of the replicas there: data,
/// made by engine/forecast.hpp.
struct PlanForecast {
    /// Until every replica is ready, or accepted where the plan waits for no more. At least
    /// seconds_min, and equal to it where is_bound.
    double seconds = 0;
    /// The end of that: from the answer to the last ReplicateKey on, while replicas are Creating.
    double creation_wait_seconds = 0;
    /// The plan was too large to be run through: `seconds` is the bound with the last wait added,
    /// and `regions` is empty.
    bool is_bound = false;

    /// No order of the calls takes less from the first ReplicateKey to the last.
    double seconds_min = 0;
    /// The quota that sets seconds_min; nothing when that is a key with many replicas, whose calls
    /// have to keep apart, and for an empty plan.
    std::optional<BucketLoad> slowest;
    /// The most replicas of one key, and what keeping its calls apart takes at least.
    std::uint32_t replicas_of_key_max = 0;
    double key_seconds_min = 0;

    std::vector<RegionForecast> regions;  ///< one for each of plan.regions
    /// Where `slowest` is there: twice that quota; then the value above which it alone saves no
    /// more, if there is one; then, where twice that quota saves little, twice all the quotas that
    /// take nearly as long.
    std::vector<QuotaSaving> savings;

    // What was assumed.
    double round_trip_seconds = 0;  ///< from a call's leaving to its answer
    double creating_seconds = 0;    ///< that a replica stays Creating
};

}  // namespace keyferry::planner
