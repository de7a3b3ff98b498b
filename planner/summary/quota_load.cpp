// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/quota_load.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>

namespace keyferry::planner {

namespace {

struct PlaceCounts {
    std::uint64_t as_primary = 0;
    std::uint64_t as_replica = 0;
};

/// Counts the jobs for which is_counted(index) is true, by the account and Region of their primary
/// and of their replica. Keys are sorted by Region and account, so adjacent keys usually share
/// both; their jobs are counted in an array to save map lookups.
template <typename IsCounted>
std::map<io::AccountRegion, PlaceCounts> count_jobs(const Plan& plan, IsCounted is_counted) {
    std::map<io::AccountRegion, PlaceCounts> counts;
    std::vector<std::uint64_t> arrivals(plan.regions.size());
    const io::KeyArn* home = nullptr;
    const auto flush = [&] {
        if (home == nullptr) {
            return;
        }
        for (std::size_t r = 0; r < arrivals.size(); ++r) {
            if (arrivals[r] != 0) {
                const std::uint64_t count = std::exchange(arrivals[r], 0);
                counts[io::AccountRegion(home->account, plan.regions[r])].as_replica += count;
                counts[io::AccountRegion(home->account, home->region)].as_primary += count;
            }
        }
    };
    std::uint32_t last_key = 0;
    for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
        if (!is_counted(i)) {
            continue;
        }
        const Job& job = plan.jobs[i];
        if (home == nullptr || job.key != last_key) {
            const io::KeyArn& next = plan.keys[job.key].primary;
            if (home == nullptr || home->region != next.region || home->account != next.account) {
                flush();
                home = &next;
            }
            last_key = job.key;
        }
        ++arrivals[job.region];
    }
    flush();
    return counts;
}

/// See BucketLoad::seconds. Counts whole calls: a quota of 5/s allows two calls of 2 tokens per
/// second.
double seconds_at_least(const BucketLoad& bucket) {
    const int call_tokens = call_tokens_max(bucket.api);
    const double saved_up = kBurstCalls * call_tokens;
    const double by_rate_s = (bucket.requests - saved_up) / bucket.rate_per_s;
    const double calls_a_second = std::max(1.0, std::floor(bucket.quota_per_s / call_tokens));
    const double calls = bucket.requests / call_tokens;
    const double by_windows_s = std::floor((calls - 1) / calls_a_second);
    return std::max({0.0, by_rate_s, by_windows_s});
}

BucketLoad bucket_load(const Limits& limits,
                       const io::AccountRegion& place,
                       io::KmsApi api,
                       std::uint64_t requests) {
    BucketLoad bucket{place, api};
    bucket.requests = static_cast<double>(requests);
    bucket.quota_per_s = limits.quota_per_s(place, api);
    bucket.rate_per_s = bucket.quota_per_s * limits.share;
    bucket.seconds = seconds_at_least(bucket);
    return bucket;
}

void sort_by_time(std::vector<BucketLoad>& buckets) {
    std::sort(buckets.begin(), buckets.end(), [](const auto& a, const auto& b) {
        return a.seconds != b.seconds ? a.seconds > b.seconds
                                      : std::tie(a.place, a.api) < std::tie(b.place, b.api);
    });
}

std::vector<BucketLoad> load_of(const Plan& plan,
                                const std::map<io::AccountRegion, PlaceCounts>& jobs) {
    std::vector<BucketLoad> buckets;
    const auto add = [&](const io::AccountRegion& place, io::KmsApi api, std::uint64_t requests) {
        if (requests > 0) {
            buckets.push_back(bucket_load(plan.settings.limits, place, api, requests));
        }
    };
    for (const auto& [place, counts] : jobs) {
        add(place, io::KmsApi::replicate_key, counts.as_primary * kReplicateKeyTokensAtPrimary);
        add(place, io::KmsApi::create_key, counts.as_replica * kCreateKeyTokensAtReplica);
        if (plan.settings.wait.until_ready) {
            add(place, io::KmsApi::describe_key, counts.as_replica);
        }
    }
    sort_by_time(buckets);
    return buckets;
}

}  // namespace

std::vector<BucketLoad> quota_load(const Plan& plan) {
    return load_of(plan, count_jobs(plan, [](std::size_t) { return true; }));
}

std::vector<BucketLoad> quota_load(const ReviewedPlan& reviewed) {
    assert(reviewed.review.verdicts.size() == reviewed.plan.jobs.size());
    const std::vector<JobVerdict>& verdicts = reviewed.review.verdicts;
    return load_of(reviewed.plan, count_jobs(reviewed.plan, [&](std::size_t job) {
                       return verdicts[job].action == JobAction::create;
                   }));
}

std::vector<BucketLoad> survey_load(const ReviewedPlan& reviewed) {
    std::vector<BucketLoad> buckets;
    for (const QuotaCalls& calls : reviewed.review.calls_by_quota) {
        buckets.push_back(
            bucket_load(reviewed.plan.settings.limits, calls.place, calls.api, calls.calls));
    }
    sort_by_time(buckets);
    return buckets;
}

}  // namespace keyferry::planner
