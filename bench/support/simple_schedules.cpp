#include "bench/support/simple_schedules.hpp"

#include "engine/lanes/call_lanes.hpp"
#include "engine/scheduling/token_bucket.hpp"
#include "planner/summary/quota_load.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <utility>

namespace keyferry {

namespace {

constexpr Moment kStart{};

class Buckets {
  public:
    explicit Buckets(const Limits& limits) : limits_(limits) {}

    TokenBucket& of(const Place& place, KmsApi api) {
        const auto known = buckets_.find({place, api});
        if (known != buckets_.end()) {
            return known->second;
        }
        const TokenBucket bucket(bucket_limits(limits_, place, api), kStart);
        return buckets_.emplace(std::pair(place, api), bucket).first->second;
    }

  private:
    const Limits& limits_;
    std::map<std::pair<Place, KmsApi>, TokenBucket> buckets_;
};

}  // namespace

double one_queue_seconds(const Plan& plan) {
    Buckets buckets(plan.settings.limits);
    Moment now = kStart;
    for (const Job& job : plan.jobs) {
        TokenBucket& primary = buckets.of(primary_place(plan, job), KmsApi::replicate_key);
        TokenBucket& replica = buckets.of(replica_place(plan, job), KmsApi::create_key);
        while (true) {
            const Moment ready = std::max(primary.ready_at(kReplicateKeyTokensAtPrimary, now),
                                          replica.ready_at(kCreateKeyTokensAtReplica, now));
            if (ready <= now) {
                break;
            }
            now = ready;
        }
        primary.take(kReplicateKeyTokensAtPrimary, now);
        replica.take(kCreateKeyTokensAtReplica, now);
    }
    return std::chrono::duration<double>(now - kStart).count();
}

double fixed_rate_seconds(const Plan& plan) {
    double calls_per_s = std::numeric_limits<double>::infinity();
    for (const BucketLoad& bucket : quota_load(plan)) {
        if (bucket.api != KmsApi::describe_key) {
            calls_per_s = std::min(calls_per_s, bucket.rate_per_s / call_tokens_max(bucket.api));
        }
    }
    return static_cast<double>(plan.jobs.size() - 1) / calls_per_s;
}

}  // namespace keyferry
