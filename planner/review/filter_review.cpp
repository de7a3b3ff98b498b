// SPDX-License-Identifier: Apache-2.0
#include "planner/review/filter_review.hpp"

#include <algorithm>

namespace keyferry::planner {

PlanReview filter_review(const PlanReview& review, const PlanPart& part) {
    PlanReview filtered;
    filtered.is_surveyed = review.is_surveyed;
    filtered.calls = review.calls;
    filtered.calls_by_quota = review.calls_by_quota;
    filtered.key_counts = review.key_counts;
    filtered.refused_accounts = review.refused_accounts;
    filtered.regions_enabled = review.regions_enabled;
    filtered.verdicts.reserve(part.jobs.size());
    for (JobIndex j = 0; j < part.jobs.size(); ++j) {
        filtered.verdicts.push_back(review.verdicts[part.jobs[j]]);
        const auto date = review.deletion_dates_s.find(part.jobs[j]);
        if (date != review.deletion_dates_s.end()) {
            filtered.deletion_dates_s.emplace(j, date->second);
        }
    }
    for (const ExtraReplica& extra : review.extras) {
        const auto key = std::lower_bound(part.keys.begin(), part.keys.end(), extra.key);
        if (key != part.keys.end() && *key == extra.key) {
            filtered.extras.push_back(
                ExtraReplica{static_cast<std::uint32_t>(key - part.keys.begin()), extra.region});
        }
    }
    for (std::uint32_t k = 0; k < part.keys.size(); ++k) {
        const auto region = review.moved_to.find(part.keys[k]);
        if (region != review.moved_to.end()) {
            filtered.moved_to.emplace(k, region->second);
        }
    }
    return filtered;
}

}  // namespace keyferry::planner
