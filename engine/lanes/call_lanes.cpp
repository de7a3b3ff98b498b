// SPDX-License-Identifier: Apache-2.0
#include "engine/lanes/call_lanes.hpp"

#include <cassert>
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

CallLanes::CallLanes(const planner::Plan& plan, LaneTable& table)
    : region_count_(static_cast<std::uint32_t>(plan.regions.size())) {
    std::map<io::AccountRegion, std::uint32_t> primaries;
    std::map<io::AccountId, std::uint32_t> accounts;
    primary_of_key_.reserve(plan.keys.size());
    account_of_key_.reserve(plan.keys.size());
    // adjacent keys usually have the same account and Region, so no lookup is needed
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
    primary_count_ = static_cast<std::uint32_t>(primaries.size());
    by_call_ = {std::vector<LaneIndex>(primaries.size() * region_count_, kNone),
                std::vector<LaneIndex>(accounts.size() * region_count_, kNone),
                std::vector<LaneIndex>(primaries.size(), kNone)};
    for (const planner::Job& job : plan.jobs) {
        if (lane(JobCall::replicate, job) != kNone) {
            continue;
        }
        const io::AccountRegion primary = planner::primary_location(plan, job);
        const io::AccountRegion replica = planner::replica_location(plan, job);
        lane(JobCall::replicate, job) = table.replicate_lane(primary, replica);
        lane(JobCall::describe_replica, job) = table.lane(replica, io::KmsApi::describe_key);
        lane(JobCall::describe_primary, job) = table.lane(primary, io::KmsApi::describe_key);
    }
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
