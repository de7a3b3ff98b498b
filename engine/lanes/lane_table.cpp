// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/lane_table.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace keyferry::engine {

SchedulerSettings scheduler_settings(const planner::Limits& limits) {
    SchedulerSettings settings;
    settings.in_flight_max = limits.in_flight_max;
    return settings;
}

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

LaneTable::LaneTable(const planner::Limits& limits, Scheduler& scheduler, io::Moment now)
    : limits_(limits), scheduler_(scheduler), now_(now) {}

LaneIndex LaneTable::lane(const io::AccountRegion& place, io::KmsApi api) {
    assert(api != io::KmsApi::replicate_key);
    const auto [found, is_new] = by_api_.try_emplace({place, api}, 0);
    if (is_new) {
        const LaneScopes scopes{account_scope(place), scope(FailureScope::endpoint, place), {}, {}};
        LaneSettings settings;
        settings.costs = {Cost{bucket(place, api), 1}};
        settings.gates = {
            scopes_[scopes.account].gate, scopes_[scopes.endpoint].gate, region_gate(place.region)};
        found->second = add(Lane{place, api, scopes}, std::move(settings));
    }
    return found->second;
}

LaneIndex LaneTable::replicate_lane(const io::AccountRegion& primary,
                                    const io::AccountRegion& replica) {
    const auto [found, is_new] = by_pair_.try_emplace({primary, replica}, 0);
    if (is_new) {
        const LaneScopes scopes{account_scope(primary),
                                scope(FailureScope::endpoint, primary),
                                scope(FailureScope::replicas, replica),
                                scope(FailureScope::pair, replica, primary.region)};
        LaneSettings settings;
        settings.costs = {
            Cost{bucket(primary, io::KmsApi::replicate_key), planner::kReplicateKeyTokensAtPrimary},
            Cost{bucket(replica, io::KmsApi::create_key), planner::kCreateKeyTokensAtReplica}};
        settings.gates = {scopes_[scopes.account].gate,
                          scopes_[scopes.endpoint].gate,
                          scopes_[*scopes.replicas].gate,
                          scopes_[*scopes.pair].gate,
                          region_gate(replica.region)};
        settings.changes_key = true;
        settings.shares_gate = scopes_[scopes.endpoint].gate;
        found->second = add(Lane{primary, io::KmsApi::replicate_key, scopes}, std::move(settings));
    }
    return found->second;
}

LaneIndex LaneTable::add(Lane lane, LaneSettings settings) {
    const LaneIndex index = scheduler_.add_lane(std::move(settings));
    assert(index == lanes_.size());
    lanes_.push_back(std::move(lane));
    return index;
}

BucketIndex LaneTable::bucket(const io::AccountRegion& place, io::KmsApi api) {
    const auto [found, is_new] = buckets_.try_emplace({place, api}, 0);
    if (is_new) {
        found->second = scheduler_.add_bucket(bucket_limits(limits_, place, api), now_);
        restore(found->first, found->second);
    }
    return found->second;
}

void LaneTable::restore(const std::pair<io::AccountRegion, io::KmsApi>& quota, BucketIndex index) {
    if (earlier_use_ == nullptr) {
        return;
    }
    const auto earlier = earlier_use_->find(quota);
    if (earlier != earlier_use_->end() &&
        earlier->second.limits() == scheduler_.bucket(index).limits()) {
        scheduler_.restore_bucket(index, earlier->second);
    }
}

void LaneTable::continue_from(const QuotaUse& use) {
    earlier_use_ = &use;
    for (const auto& [quota, index] : buckets_) {
        restore(quota, index);
    }
}

void LaneTable::store(QuotaUse& use, io::Moment now) const {
    for (const auto& [quota, index] : buckets_) {
        TokenBucket bucket = scheduler_.bucket(index);
        bucket.forget_after(now);
        use.insert_or_assign(quota, std::move(bucket));
    }
}

ScopeIndex LaneTable::scope(FailureScope kind,
                            const io::AccountRegion& place,
                            const std::optional<io::Region>& primary_region) {
    const auto [found, is_new] = scope_numbers_.try_emplace({kind, place, primary_region}, 0);
    if (is_new) {
        const int in_flight_max = kind == FailureScope::endpoint
                                      ? limits_.in_flight_max_per_endpoint
                                      : std::numeric_limits<int>::max();
        found->second = static_cast<ScopeIndex>(scopes_.size());
        scopes_.push_back(
            PlacedScope{scheduler_.add_gate(in_flight_max), kind, place, primary_region});
    }
    return found->second;
}

ScopeIndex LaneTable::account_scope(const io::AccountRegion& place) {
    const auto found = accounts_.find(place.account);
    if (found != accounts_.end()) {
        return found->second;
    }
    const ScopeIndex index = scope(FailureScope::account, place);
    accounts_.emplace(place.account, index);
    return index;
}

GateIndex LaneTable::region_gate(const io::Region& region) {
    const auto [found, is_new] = regions_.try_emplace(region, 0);
    if (is_new) {
        found->second = scheduler_.add_gate(std::max(1, limits_.in_flight_max / 2));
    }
    return found->second;
}

}  // namespace keyferry::engine
