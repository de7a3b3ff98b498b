// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/scheduling/scheduler.hpp"
#include "io/names/account_region.hpp"
#include "planner/plan/plan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace keyferry::engine {

/// The kinds of gates.
enum class GateKind : std::uint8_t {
    endpoint,  ///< a KMS endpoint: bounds the calls in flight; closed while it does not respond
    replicas,  ///< new replicas in a Region: closed while KMS has no quota for them
    /// New replicas in one Region of keys in another: closed while the caller is denied.
    permission,
};

/// A gate with the account and Region that it applies to.
struct PlacedGate {
    GateIndex gate;
    GateKind kind;
    io::AccountRegion place;                   ///< of the endpoint, or of the replicas
    std::optional<io::Region> primary_region;  ///< of the keys; only for permission
};

/// The gates that the calls of a lane pass, as indices into CallLanes::gates(). DescribeKey passes
/// only the endpoint.
struct LaneGates {
    std::uint32_t endpoint;
    std::optional<std::uint32_t> replicas;
    std::optional<std::uint32_t> permission;
};

/// Returns the limits of the bucket for the quota of `api` at `place`.
[[nodiscard]] BucketLimits bucket_limits(const planner::Limits& limits,
                                         const io::AccountRegion& place,
                                         io::KmsApi api);

/// Adds the buckets, gates and lanes for a plan's calls to a scheduler:
///   ReplicateKey   one lane per pair of primary and replica account and Region. Costs 1
///                  ReplicateKey at the primary and 2 CreateKey at the replica; passes the
///                  primary's endpoint gate and the replica Region's gates; changes the key
///   DescribeKey    one lane per replica account and Region, and one per primary account and
///                  Region. Costs 1 DescribeKey there; passes that endpoint gate
class CallLanes {
  public:
    /// Adds everything to `scheduler`, with the rates of plan.settings.limits.
    CallLanes(const planner::Plan& plan, Scheduler& scheduler, io::Moment now);

    /// The lane for `call` of `job`.
    [[nodiscard]] LaneIndex lane_of(JobCall call, const planner::Job& job) const;

    /// The kind of call that waits in `lane`.
    [[nodiscard]] JobCall call_in(LaneIndex lane) const { return lanes_.at(lane).call; }

    /// Index, from 0, of the primary's account and Region for a ReplicateKey lane.
    [[nodiscard]] std::uint32_t primary_of(LaneIndex lane) const { return lanes_.at(lane).primary; }

    [[nodiscard]] const LaneGates& gates_of(LaneIndex lane) const { return lanes_.at(lane).gates; }
    [[nodiscard]] std::span<const PlacedGate> gates() const noexcept { return gates_; }

    [[nodiscard]] std::uint32_t lane_count() const noexcept {
        return static_cast<std::uint32_t>(lanes_.size());
    }

  private:
    static constexpr LaneIndex kNone = ~LaneIndex{0};

    struct Lane {
        JobCall call;
        std::uint32_t primary;
        LaneGates gates;
    };
    class Sources;

    void add_replicate_lane(const planner::Plan& plan, const planner::Job& job, Sources& sources);
    LaneIndex add_describe_lane(JobCall call, const io::AccountRegion& place, Sources& sources);
    LaneIndex& lane(JobCall call, const planner::Job& job);
    [[nodiscard]] std::size_t slot_of(JobCall call, const planner::Job& job) const;

    std::uint32_t region_count_;
    /// index of the primary's account and Region, by key
    std::vector<std::uint32_t> primary_of_key_;
    std::vector<std::uint32_t> account_of_key_;  ///< index of the account, by key
    /// ReplicateKey by primary place and Region, DescribeKey of replicas by account and Region,
    /// DescribeKey of primaries by primary place.
    std::array<std::vector<LaneIndex>, kJobCalls> by_call_;
    std::vector<Lane> lanes_;
    std::vector<PlacedGate> gates_;
};

}  // namespace keyferry::engine
