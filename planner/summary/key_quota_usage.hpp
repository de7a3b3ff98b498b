// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::planner {

/// KMS's default quota of keys per account and Region, in any state, adjustable ("Resource quotas"
/// in the KMS developer guide, 2026). Primaries and replicas count alike.
inline constexpr std::uint64_t kKeysOfPlaceMax = 100'000;

/// What a plan adds to the keys of an account in a Region.
struct KeyQuotaUsage {
    io::AccountRegion place;
    /// Keys of the plan that are there: its primaries and the replicas that the review has seen.
    std::uint64_t known = 0;
    /// All keys that the account has there, where somebody has counted them.
    std::optional<std::uint64_t> counted;
    std::uint64_t to_create = 0;

    /// When they are created; without what was not counted.
    [[nodiscard]] std::uint64_t after() const noexcept {
        return counted.value_or(known) + to_create;
    }
    friend bool operator==(const KeyQuotaUsage&, const KeyQuotaUsage&) = default;
};

/// One for each place that gets replicas, the fullest first, equal ones by account and Region.
[[nodiscard]] std::vector<KeyQuotaUsage> key_quota_usage(const Plan& plan,
                                                         const PlanReview& review);

}  // namespace keyferry::planner
