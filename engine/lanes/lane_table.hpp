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

/// How much of each quota the calls of a command have used. Each step of the command, such as the
/// survey and the run, has its own scheduler; the next step starts with the buckets of the previous
/// one, so that no quota is exceeded during the transition.
using QuotaUse = std::map<std::pair<io::AccountRegion, io::KmsApi>, TokenBucket>;

/// A failure scope: a part of KMS, such as an endpoint, whose calls can fail together. Its gate in
/// the scheduler limits the calls in flight, and is parked or abandoned together with its circuit
/// breaker.
struct PlacedScope {
    GateIndex gate;
    FailureScope scope;
    /// where the endpoint or the replicas are; for FailureScope::account, the account and Region of
    /// any call for the account
    io::AccountRegion place;
    std::optional<io::Region>
        primary_region;  ///< the primary Region of the keys; only for FailureScope::pair
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

/// The lanes of KMS calls with their buckets, scopes and gates. Each is added to the scheduler when
/// it is first used.
///
/// ReplicateKey has one lane per pair of primary and replica account and Region: a call costs 1
/// token of the primary's ReplicateKey quota and 2 of the replica's CreateKey quota, and changes
/// the key. Each other operation has one lane per account and Region.
///
/// Slow Regions are isolated from others. For ReplicateKey, KMS itself calls the replica's Region,
/// so a slow replica Region slows down the ReplicateKey lanes that lead to it. Each of these lanes
/// may therefore have only a share of the calls in flight at the primary's endpoint
/// (LaneSettings::shares_gate), and all lanes that lead to one Region may together have at most
/// half of the calls that the program may have in flight.
class LaneTable {
  public:
    /// Both must outlive this. Buckets start full at `now`.
    LaneTable(const planner::Limits& limits, Scheduler& scheduler, io::Moment now);

    /// The lane for any operation except ReplicateKey.
    LaneIndex lane(const io::AccountRegion& place, io::KmsApi api);

    /// The lane for ReplicateKey.
    LaneIndex replicate_lane(const io::AccountRegion& primary, const io::AccountRegion& replica);

    /// Continues from `use`: its buckets replace those buckets of this table that have the same
    /// limits, now and when further buckets are added. `use` must outlive this. Requires that no
    /// call is in flight.
    void continue_from(const QuotaUse& use);

    /// Stores the buckets, as they are at `now`, in `use`. Requires that no call is in flight.
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
