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

/// What a gate stands before.
enum class GateKind : std::uint8_t {
    endpoint,  ///< KMS in one place: bounds the calls in flight; closed while it does not answer
    replicas,  ///< new replicas in one place: closed while KMS has no room for them
    /// New replicas of one place's keys in another: closed while KMS refuses them to the caller.
    permission,
};

/// A gate and the place that it is about.
struct PlacedGate {
    GateIndex gate;
    GateKind kind;
    io::AccountRegion place;                   ///< of the endpoint, or of the replicas
    std::optional<io::Region> primary_region;  ///< of the keys; only for permission
};

/// The gates that the calls of a lane pass, by number in CallLanes::gates(). DescribeKey passes
/// none but the endpoint.
struct LaneGates {
    std::uint32_t endpoint;
    std::optional<std::uint32_t> replicas;
    std::optional<std::uint32_t> permission;
};

/// The bucket that stands for the quota of `api` at `place`.
[[nodiscard]] BucketLimits bucket_limits(const planner::Limits& limits,
                                         const io::AccountRegion& place,
                                         io::KmsApi api);

/// The buckets, gates and lanes that a plan's calls need, laid out in a scheduler:
///   ReplicateKey   one lane for each pair of a primary's place and a replica's: costs 1
///                  ReplicateKey at the primary and 2 CreateKey at the replica; passes the
///                  primary's endpoint and the replicas of the replica's place; changes the key
///   DescribeKey    one lane for each replica's place, and one for each primary's: costs 1
///                  DescribeKey there; passes that endpoint
class CallLanes {
  public:
    /// Adds everything to `scheduler`, with the rates of plan.settings.limits.
    CallLanes(const planner::Plan& plan, Scheduler& scheduler, io::Moment now);

    /// The lane for `call` of `job`.
    [[nodiscard]] LaneIndex lane_of(JobCall call, const planner::Job& job) const;

    /// Which call waits in `lane`.
    [[nodiscard]] JobCall call_in(LaneIndex lane) const { return lanes_.at(lane).call; }

    /// A number for the place from which the calls of a ReplicateKey lane leave, from 0.
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
    std::vector<std::uint32_t> primary_of_key_;  ///< index of the primary's place, by key
    std::vector<std::uint32_t> account_of_key_;  ///< index of the account, by key
    /// ReplicateKey by primary place x Region, DescribeKey of replicas by account x Region,
    /// DescribeKey of primaries by primary place.
    std::array<std::vector<LaneIndex>, kJobCalls> by_call_;
    std::vector<Lane> lanes_;
    std::vector<PlacedGate> gates_;
};

}  // namespace keyferry::engine
