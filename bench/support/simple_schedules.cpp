// SPDX-License-Identifier: Apache-2.0
#include "bench/support/simple_schedules.hpp"

#include "engine/lanes/lane_table.hpp"
#include "engine/scheduling/token_bucket.hpp"
#include "planner/summary/quota_load.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <utility>

namespace keyferry::bench {

namespace {

constexpr io::Moment kStart{};

class Buckets {
  public:
    explicit Buckets(const planner::Limits& limits) : limits_(limits) {}

    engine::TokenBucket& of(const io::AccountRegion& place, io::KmsApi api) {
        const auto known = buckets_.find({place, api});
        if (known != buckets_.end()) {
            return known->second;
        }
        const engine::TokenBucket bucket(engine::bucket_limits(limits_, place, api), kStart);
        return buckets_.emplace(std::pair(place, api), bucket).first->second;
    }

  private:
    const planner::Limits& limits_;
    std::map<std::pair<io::AccountRegion, io::KmsApi>, engine::TokenBucket> buckets_;
};

}  // namespace

double one_queue_seconds(const planner::Plan& plan) {
    Buckets buckets(plan.settings.limits);
    io::Moment now = kStart;
    for (const planner::Job& job : plan.jobs) {
        engine::TokenBucket& primary =
            buckets.of(planner::primary_location(plan, job), io::KmsApi::replicate_key);
        engine::TokenBucket& replica =
            buckets.of(planner::replica_location(plan, job), io::KmsApi::create_key);
        while (true) {
            const io::Moment ready =
                std::max(primary.ready_at(planner::kReplicateKeyTokensAtPrimary, now),
                         replica.ready_at(planner::kCreateKeyTokensAtReplica, now));
            if (ready <= now) {
                break;
            }
            now = ready;
        }
        primary.take(planner::kReplicateKeyTokensAtPrimary, now);
        replica.take(planner::kCreateKeyTokensAtReplica, now);
    }
    return std::chrono::duration<double>(now - kStart).count();
}

double fixed_rate_seconds(const planner::Plan& plan) {
    double calls_per_s = std::numeric_limits<double>::infinity();
    for (const planner::BucketLoad& bucket : planner::quota_load(plan)) {
        if (bucket.api != io::KmsApi::describe_key) {
            calls_per_s =
                std::min(calls_per_s, bucket.rate_per_s / planner::call_tokens_max(bucket.api));
        }
    }
    return static_cast<double>(plan.jobs.size() - 1) / calls_per_s;
}

}  // namespace keyferry::bench
