// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/call_lanes.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace keyferry::engine {

namespace {

/// Assigns numbers to values in the order in which they are first seen.
template <typename Value>
std::uint32_t number_of(std::map<Value, std::uint32_t>& numbers, const Value& value) {
    return numbers.try_emplace(value, static_cast<std::uint32_t>(numbers.size())).first->second;
}

}  // namespace

BucketLimits bucket_limits(const planner::Limits& limits,
                           const io::AccountRegion& place,
                           io::KmsApi api) {
    const double quota_per_s = limits.quota_per_s(place, api);
    BucketLimits bucket;
    bucket.rate_per_s = quota_per_s * limits.share;
    bucket.window_tokens_max = std::max(1, static_cast<int>(std::floor(quota_per_s)));
    bucket.call_tokens_max = planner::call_tokens_max(api);
    bucket.burst_tokens = planner::kBurstCalls * bucket.call_tokens_max;
    return bucket;
}

/// Creates each bucket and gate once, regardless of the number of lanes that use it.
class CallLanes::Sources {
  public:
    Sources(const planner::Limits& limits,
            Scheduler& scheduler_,
            io::Moment now,
            std::vector<PlacedGate>& gates)
        : scheduler(scheduler_), limits_(limits), now_(now), gates_(gates) {}

    BucketIndex bucket(const io::AccountRegion& place, io::KmsApi api) {
        const auto [found, is_new] = buckets_.try_emplace({place, api}, 0);
        if (is_new) {
            found->second = scheduler.add_bucket(bucket_limits(limits_, place, api), now_);
        }
        return found->second;
    }

    std::uint32_t gate(const io::AccountRegion& place, GateKind kind) {
        const auto [found, is_new] = numbers_.try_emplace({place, kind}, 0);
        if (is_new) {
            const int in_flight_max = kind == GateKind::endpoint
                                          ? limits_.in_flight_max_per_endpoint
                                          : std::numeric_limits<int>::max();
            found->second = static_cast<std::uint32_t>(gates_.size());
            gates_.push_back(
                PlacedGate{scheduler.add_gate(in_flight_max), kind, place, std::nullopt});
        }
        return found->second;
    }

    /// One per ReplicateKey lane.
    std::uint32_t permission(const io::AccountRegion& primary, const io::AccountRegion& replica) {
        const GateIndex gate = scheduler.add_gate(std::numeric_limits<int>::max());
        gates_.push_back(PlacedGate{gate, GateKind::permission, replica, primary.region});
        return static_cast<std::uint32_t>(gates_.size() - 1);
    }

    Scheduler& scheduler;

  private:
    const planner::Limits& limits_;
    io::Moment now_;
    std::vector<PlacedGate>& gates_;
    std::map<std::pair<io::AccountRegion, io::KmsApi>, BucketIndex> buckets_;
    std::map<std::pair<io::AccountRegion, GateKind>, std::uint32_t> numbers_;
};

CallLanes::CallLanes(const planner::Plan& plan, Scheduler& scheduler, io::Moment now)
    : region_count_(static_cast<std::uint32_t>(plan.regions.size())) {
    std::map<io::AccountRegion, std::uint32_t> primaries;
    std::map<io::AccountId, std::uint32_t> accounts;
    primary_of_key_.reserve(plan.keys.size());
    account_of_key_.reserve(plan.keys.size());
    // neighbors usually share their account and Region, so no lookup is needed
    const io::KeyArn* last = nullptr;
    for (const planner::PlannedKey& key : plan.keys) {
        if (last == nullptr || key.primary.region != last->region ||
            key.primary.account != last->account) {
            const io::AccountRegion primary(key.primary.account, key.primary.region);
            primary_of_key_.push_back(number_of(primaries, primary));
            account_of_key_.push_back(number_of(accounts, key.primary.account));
        } else {
            primary_of_key_.push_back(primary_of_key_.back());
            account_of_key_.push_back(account_of_key_.back());
        }
        last = &key.primary;
    }
    by_call_ = {std::vector<LaneIndex>(primaries.size() * region_count_, kNone),
                std::vector<LaneIndex>(accounts.size() * region_count_, kNone),
                std::vector<LaneIndex>(primaries.size(), kNone)};

    Sources sources(plan.settings.limits, scheduler, now, gates_);
    for (const planner::Job& job : plan.jobs) {
        if (lane(JobCall::replicate, job) != kNone) {
            continue;
        }
        add_replicate_lane(plan, job, sources);
        for (const JobCall call : {JobCall::describe_replica, JobCall::describe_primary}) {
            if (lane(call, job) == kNone) {
                const io::AccountRegion place = call == JobCall::describe_primary
                                                    ? planner::primary_location(plan, job)
                                                    : planner::replica_location(plan, job);
                lane(call, job) = add_describe_lane(call, place, sources);
            }
        }
    }
}

void CallLanes::add_replicate_lane(const planner::Plan& plan,
                                   const planner::Job& job,
                                   Sources& sources) {
    const io::AccountRegion primary = planner::primary_location(plan, job);
    const io::AccountRegion replica = planner::replica_location(plan, job);
    const std::uint32_t endpoint = sources.gate(primary, GateKind::endpoint);
    const std::uint32_t replicas = sources.gate(replica, GateKind::replicas);
    const std::uint32_t permission = sources.permission(primary, replica);
    LaneSettings settings;
    settings.costs = {
        Cost{sources.bucket(primary, io::KmsApi::replicate_key),
             planner::kReplicateKeyTokensAtPrimary},
        Cost{sources.bucket(replica, io::KmsApi::create_key), planner::kCreateKeyTokensAtReplica}};
    settings.gates = {gates_[endpoint].gate, gates_[replicas].gate, gates_[permission].gate};
    settings.changes_key = true;
    const LaneIndex lane = sources.scheduler.add_lane(std::move(settings));
    assert(lane == lanes_.size());
    lanes_.push_back(Lane{
        JobCall::replicate, primary_of_key_[job.key], LaneGates{endpoint, replicas, permission}});
    this->lane(JobCall::replicate, job) = lane;
}

LaneIndex CallLanes::add_describe_lane(JobCall call,
                                       const io::AccountRegion& place,
                                       Sources& sources) {
    const std::uint32_t endpoint = sources.gate(place, GateKind::endpoint);
    LaneSettings settings;
    settings.costs = {Cost{sources.bucket(place, io::KmsApi::describe_key), 1}};
    settings.gates = {gates_[endpoint].gate};
    const LaneIndex lane = sources.scheduler.add_lane(std::move(settings));
    assert(lane == lanes_.size());
    lanes_.push_back(Lane{call, 0, LaneGates{endpoint, {}, {}}});
    return lane;
}

std::size_t CallLanes::slot_of(JobCall call, const planner::Job& job) const {
    switch (call) {
        case JobCall::replicate:
            return std::size_t{primary_of_key_[job.key]} * region_count_ + job.region;
        case JobCall::describe_replica:
            return std::size_t{account_of_key_[job.key]} * region_count_ + job.region;
        case JobCall::describe_primary:
            break;
    }
    return primary_of_key_[job.key];
}

LaneIndex& CallLanes::lane(JobCall call, const planner::Job& job) {
    return by_call_[static_cast<std::size_t>(call)][slot_of(call, job)];
}

LaneIndex CallLanes::lane_of(JobCall call, const planner::Job& job) const {
    const LaneIndex lane = by_call_[static_cast<std::size_t>(call)][slot_of(call, job)];
    assert(lane != kNone);
    return lane;
}

}  // namespace keyferry::engine
