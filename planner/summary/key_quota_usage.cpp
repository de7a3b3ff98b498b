// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/key_quota_usage.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <map>

namespace keyferry::planner {

namespace {

struct Counts {
    std::uint64_t known = 0;
    std::uint64_t to_create = 0;
};

/// Usage by account, then by Region of the plan. Adjacent keys in the plan usually share the
/// account, which saves map lookups.
using CountsByAccount = std::map<io::AccountId, std::vector<Counts>>;

CountsByAccount count_replicas(const ReviewedPlan& reviewed) {
    const Plan& plan = reviewed.plan;
    CountsByAccount counts;
    const io::AccountId* account = nullptr;
    std::vector<Counts>* of_account = nullptr;
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
        const Job& job = plan.jobs[j];
        const io::AccountId& next = plan.keys[job.key].primary.account;
        if (account == nullptr || *account != next) {
            account = &next;
            of_account = &counts[next];
            of_account->resize(plan.regions.size());
        }
        Counts& place = (*of_account)[job.region];
        switch (reviewed.review.verdicts[j].action) {
            case JobAction::create:
                ++place.to_create;
                break;
            case JobAction::exists:
            case JobAction::sync:
            case JobAction::unusable:
                ++place.known;
                break;
            case JobAction::blocked:
                break;
        }
    }
    return counts;
}

/// Adds the primaries in Regions that are also replica Regions.
void count_primaries(const Plan& plan, CountsByAccount& counts) {
    for (const PlannedKey& key : plan.keys) {
        const auto of_account = counts.find(key.primary.account);
        const auto region =
            std::lower_bound(plan.regions.begin(), plan.regions.end(), key.primary.region);
        if (of_account != counts.end() && region != plan.regions.end() &&
            *region == key.primary.region) {
            ++of_account->second[static_cast<std::size_t>(region - plan.regions.begin())].known;
        }
    }
}

}  // namespace

std::vector<KeyQuotaUsage> key_quota_usage(const ReviewedPlan& reviewed) {
    assert(reviewed.review.verdicts.size() == reviewed.plan.jobs.size());
    CountsByAccount counts = count_replicas(reviewed);
    count_primaries(reviewed.plan, counts);
    std::vector<KeyQuotaUsage> usages;
    for (const auto& [account, places] : counts) {
        for (std::size_t r = 0; r < places.size(); ++r) {
            if (places[r].to_create > 0) {
                const io::AccountRegion place(account, reviewed.plan.regions[r]);
                const auto counted = reviewed.review.key_counts.find(place);
                usages.push_back(KeyQuotaUsage{place,
                                               places[r].known,
                                               counted == reviewed.review.key_counts.end()
                                                   ? std::nullopt
                                                   : std::optional(counted->second),
                                               places[r].to_create});
            }
        }
    }
    std::stable_sort(
        usages.begin(), usages.end(), [](const KeyQuotaUsage& a, const KeyQuotaUsage& b) {
            return a.after() > b.after();
        });
    return usages;
}

}  // namespace keyferry::planner
