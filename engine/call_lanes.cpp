#include "engine/call_lanes.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <map>
#include <utility>

namespace keyferry {

namespace {

/// Makes each bucket and endpoint once, however many lanes draw on it.
class Sources {
  public:
    Sources(const Limits& limits, Scheduler& scheduler, Moment now)
        : limits_(limits), scheduler_(scheduler), now_(now) {}

    BucketIndex bucket(const Place& place, KmsApi api, int dearest_call_tokens) {
        const auto [found, is_new] = buckets_.try_emplace({place, api}, 0);
        if (is_new) {
            const double quota_per_s = limits_.quota_per_s(place, api);
            BucketLimits limits;
            limits.rate_per_s = quota_per_s * limits_.share;
            limits.window_tokens_max = std::max(1, static_cast<int>(std::floor(quota_per_s)));
            limits.call_tokens_max = dearest_call_tokens;
            // One further call's worth: what is lost while this bucket is full and a call's other
            // bucket is empty can be caught up.
            limits.burst_tokens = 2 * dearest_call_tokens;
            found->second = scheduler_.add_bucket(limits, now_);
        }
        return found->second;
    }

    EndpointIndex endpoint(const Place& place) {
        const auto [found, is_new] = endpoints_.try_emplace(place, 0);
        if (is_new) {
            found->second = scheduler_.add_endpoint(limits_.in_flight_max_per_endpoint);
        }
        return found->second;
    }

  private:
    const Limits& limits_;
    Scheduler& scheduler_;
    Moment now_;
    std::map<std::pair<Place, KmsApi>, BucketIndex> buckets_;
    std::map<Place, EndpointIndex> endpoints_;
};

/// Numbers for values in the order in which they are first seen.
template <typename Value>
std::uint32_t number_of(std::map<Value, std::uint32_t>& numbers, const Value& value) {
    return numbers.try_emplace(value, static_cast<std::uint32_t>(numbers.size())).first->second;
}

}  // namespace

CallLanes::CallLanes(const Plan& plan, Scheduler& scheduler, Moment now)
    : region_count_(static_cast<std::uint32_t>(plan.regions.size())) {
    std::map<Place, std::uint32_t> primaries;
    std::map<AccountId, std::uint32_t> accounts;
    primary_of_key_.reserve(plan.keys.size());
    account_of_key_.reserve(plan.keys.size());
    for (const PlannedKey& key : plan.keys) {
        const Place primary(key.primary.account, key.primary.region);
        primary_of_key_.push_back(number_of(primaries, primary));
        account_of_key_.push_back(number_of(accounts, key.primary.account));
    }
    replicate_.assign(primaries.size() * region_count_, kNone);
    describe_.assign(accounts.size() * region_count_, kNone);

    Sources sources(plan.settings.limits, scheduler, now);
    for (const Job& job : plan.jobs) {
        LaneIndex& replicate =
            replicate_[std::size_t{primary_of_key_[job.key]} * region_count_ + job.region];
        if (replicate != kNone) {
            continue;
        }
        const Place primary = primary_place(plan, job);
        const Place replica = replica_place(plan, job);
        const std::array replicate_costs{
            Cost{sources.bucket(primary, KmsApi::replicate_key, kReplicateKeyTokensAtPrimary),
                 kReplicateKeyTokensAtPrimary},
            Cost{sources.bucket(replica, KmsApi::create_key, kCreateKeyTokensAtReplica),
                 kCreateKeyTokensAtReplica}};
        replicate = scheduler.add_lane(sources.endpoint(primary), replicate_costs, true);
        assert(replicate == calls_.size());
        calls_.push_back(JobCall::replicate);

        LaneIndex& describe =
            describe_[std::size_t{account_of_key_[job.key]} * region_count_ + job.region];
        if (describe == kNone) {
            const std::array describe_costs{
                Cost{sources.bucket(replica, KmsApi::describe_key, 1), 1}};
            describe = scheduler.add_lane(sources.endpoint(replica), describe_costs, false);
            calls_.push_back(JobCall::describe_replica);
        }
    }
}

LaneIndex CallLanes::lane_of(JobCall call, const Job& job) const {
    const std::size_t row =
        call == JobCall::replicate ? primary_of_key_[job.key] : account_of_key_[job.key];
    const std::vector<LaneIndex>& lanes = call == JobCall::replicate ? replicate_ : describe_;
    const LaneIndex lane = lanes[row * region_count_ + job.region];
    assert(lane != kNone);
    return lane;
}

}  // namespace keyferry
