// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/summary/cost.hpp"
#include "planner/summary/finding.hpp"
#include "planner/summary/key_quota_usage.hpp"
#include "planner/summary/quota_load.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// How many replicas need what.
struct ActionCounts {
    std::array<std::uint64_t, kJobActions> replicas{};

    [[nodiscard]] std::uint64_t of(JobAction action) const noexcept {
        return replicas.at(static_cast<std::size_t>(action));
    }
    void count(JobAction action) noexcept { ++replicas.at(static_cast<std::size_t>(action)); }
    [[nodiscard]] std::uint64_t total() const noexcept;
    friend bool operator==(const ActionCounts&, const ActionCounts&) = default;
};

struct RegionSummary {
    io::Region region;
    ActionCounts actions;
    std::uint64_t extras = 0;  ///< replicas there that the spec does not name
};

struct GroupSummary {
    std::uint64_t keys = 0;
    ActionCounts actions;
};

/// Replicas that share a reason.
struct ReasonSummary {
    ActionReason reason = ActionReason::not_surveyed;
    std::uint64_t replicas = 0;
};

/// The figures of a plan's report.
struct PlanSummary {
    std::set<io::AccountId> accounts;
    ActionCounts actions;
    std::vector<ReasonSummary> reasons;  ///< those that some replica has, in the enum's order
    std::vector<RegionSummary> regions;  ///< one for each of plan.regions
    std::vector<GroupSummary> groups;    ///< one for each of plan.groups
    /// What making the replicas asks of each quota, the longest first.
    std::vector<BucketLoad> load;
    std::vector<BucketLoad> survey;         ///< what finding out has asked of each, likewise
    std::vector<KeyQuotaUsage> key_quotas;  ///< for keys, the fullest first
    PlanCost cost;
    std::vector<Finding> findings;
};

/// `review` must be one of `plan`.
[[nodiscard]] PlanSummary summarize(const Plan& plan, const PlanReview& review);

/// "default", "copy", "custom" or "template".
[[nodiscard]] std::string_view policy_kind(const ReplicaParameters& parameters) noexcept;

}  // namespace keyferry::planner
