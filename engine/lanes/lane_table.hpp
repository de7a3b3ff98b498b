// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/retry/failure_scope.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "io/names/account_region.hpp"
#include "io/names/kms_api.hpp"
#include "planner/plan/quota.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace keyferry::engine {

using ScopeIndex = std::uint32_t;

/// How much of each quota a command's calls have used. Each step of the command, such as the survey
/// and the run, has its own scheduler. It starts with the buckets of the previous step, so that no
/// quota is exceeded when the next step begins.
using QuotaUse = std::map<std::pair<io::AccountRegion, io::KmsApi>, TokenBucket>;

/// A failure scope: a part of KMS, such as an endpoint, whose calls can fail together. Its gate in
/// the scheduler limits the calls in flight, and is parked or abandoned together with its circuit
/// breaker.
struct PlacedScope {
    GateIndex gate;
    FailureScope scope;
    /// the location of the endpoint or the replicas; for FailureScope::account, the account and
    /// Region of any of the account's calls
    io::AccountRegion place;
    std::optional<io::Region>
        primary_region;  ///< the keys' primary Region; only for FailureScope::pair
};

/// The failure scopes of a lane, as indices into LaneTable::scopes().
struct LaneScopes {
    ScopeIndex account;
    ScopeIndex endpoint;
    std::optional<ScopeIndex> replicas;  ///< ReplicateKey only
    std::optional<ScopeIndex> pair;      ///< ReplicateKey only
};

[[nodiscard]] SchedulerSettings scheduler_settings(const planner::Limits& limits);

/// Returns the limits of the bucket for the quota of `api` at `place`.
[[nodiscard]] BucketLimits bucket_limits(const planner::Limits& limits,
                                         const io::AccountRegion& place,
                                         io::KmsApi api);

/// The lanes for KMS calls, with their buckets, scopes and gates. Lanes, buckets and gates are
/// added to the scheduler when they are first used.
///
/// ReplicateKey has one lane for each account, primary Region and replica Region. A call changes
/// the key and costs 1 token of the ReplicateKey quota in the primary Region and 2 tokens of the
/// CreateKey quota in the replica Region. Every other operation has one lane for each account and
/// Region.
///
/// Slow Regions do not slow down others. When KMS processes a ReplicateKey call, it calls the
/// replica Region, so all ReplicateKey lanes to a slow replica Region are slow. Each lane may
/// therefore use only a share of the calls in flight at the primary's endpoint
/// (LaneSettings::shares_gate). All lanes to the same replica Region may together use at most half
/// of the calls that the program may have in flight.
class LaneTable {
  public:
    /// `limits` and `scheduler` must outlive this object. Buckets are full at `now`.
    LaneTable(const planner::Limits& limits, Scheduler& scheduler, io::Moment now);

    /// The lane for any operation except ReplicateKey.
    LaneIndex lane(const io::AccountRegion& place, io::KmsApi api);

    /// The lane for ReplicateKey.
    LaneIndex replicate_lane(const io::AccountRegion& primary, const io::AccountRegion& replica);

    /// Continues from `use`: if a bucket in `use` has the same limits as a bucket of this table, it
    /// replaces that bucket, now or when the table's bucket is added. `use` must outlive this
    /// object. No call may be in flight.
    void continue_from(const QuotaUse& use);

    /// Stores the state of the buckets at `now` in `use`. No call may be in flight.
    void store(QuotaUse& use, io::Moment now) const;

    /// The account and Region to which the calls of a lane are sent and whose quota they use.
    [[nodiscard]] const io::AccountRegion& place_of(LaneIndex lane) const {
        return lanes_.at(lane).place;
    }
    [[nodiscard]] io::KmsApi api_of(LaneIndex lane) const { return lanes_.at(lane).api; }

    [[nodiscard]] const LaneScopes& scopes_of(LaneIndex lane) const {
        return lanes_.at(lane).scopes;
    }
    [[nodiscard]] std::span<const PlacedScope> scopes() const noexcept { return scopes_; }

    [[nodiscard]] std::uint32_t size() const noexcept {
        return static_cast<std::uint32_t>(lanes_.size());
    }

  private:
    struct Lane {
        io::AccountRegion place;
        io::KmsApi api;
        LaneScopes scopes;
    };
    using ScopeName = std::tuple<FailureScope, io::AccountRegion, std::optional<io::Region>>;

    BucketIndex bucket(const io::AccountRegion& place, io::KmsApi api);
    void restore(const std::pair<io::AccountRegion, io::KmsApi>& quota, BucketIndex index);
    ScopeIndex scope(FailureScope kind,
                     const io::AccountRegion& place,
                     const std::optional<io::Region>& primary_region = std::nullopt);
    ScopeIndex account_scope(const io::AccountRegion& place);
    GateIndex region_gate(const io::Region& region);
    LaneIndex add(Lane lane, LaneSettings settings);

    const planner::Limits& limits_;
    Scheduler& scheduler_;
    io::Moment now_;
    const QuotaUse* earlier_use_ = nullptr;
    std::vector<Lane> lanes_;
    std::vector<PlacedScope> scopes_;
    std::map<std::pair<io::AccountRegion, io::KmsApi>, BucketIndex> buckets_;
    std::map<ScopeName, ScopeIndex> scope_numbers_;
    std::map<io::AccountId, ScopeIndex> accounts_;
    std::map<io::Region, GateIndex> regions_;
    std::map<std::pair<io::AccountRegion, io::KmsApi>, LaneIndex> by_api_;
    std::map<std::pair<io::AccountRegion, io::AccountRegion>, LaneIndex> by_pair_;
};

}  // namespace keyferry::engine
