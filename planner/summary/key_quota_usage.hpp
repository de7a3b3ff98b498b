// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace keyferry::planner {

/// KMS's default quota of keys per account and Region ("Resource quotas" in the KMS developer
/// guide, 2026). It is adjustable and counts keys in any state; primaries and replicas count
/// equally.
inline constexpr std::uint64_t kDefaultKeyQuota = 100'000;

/// The number of keys in one account and Region, before and after a run.
struct KeyQuotaUsage {
    io::AccountRegion place;
    /// Existing keys of the plan: its primaries and the replicas found by the survey.
    std::uint64_t known = 0;
    /// All keys of the account in the Region, if they were counted.
    std::optional<std::uint64_t> counted;
    std::uint64_t to_create = 0;

    /// Returns the number of keys after the run. Excludes keys outside the plan unless they were
    /// counted.
    [[nodiscard]] std::uint64_t after() const noexcept {
        return counted.value_or(known) + to_create;
    }
    friend bool operator==(const KeyQuotaUsage&, const KeyQuotaUsage&) = default;
};

/// Returns one element for each account and Region in which replicas are to be created, sorted by
/// quota usage in descending order, then by account and Region.
[[nodiscard]] std::vector<KeyQuotaUsage> key_quota_usage(const ReviewedPlan& reviewed);

}  // namespace keyferry::planner
