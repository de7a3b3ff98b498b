// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/reviewed_plan.hpp"
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

/// Number of replicas by action.
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
    std::uint64_t extras = 0;  ///< replicas that are not in the spec
};

struct GroupSummary {
    std::uint64_t keys = 0;
    ActionCounts actions;
};

/// Number of replicas with a given reason.
struct ReasonSummary {
    ActionReason reason = ActionReason::not_surveyed;
    std::uint64_t replicas = 0;
};

/// The figures of a plan's report.
struct PlanSummary {
    std::set<io::AccountId> accounts;
    ActionCounts actions;
    std::vector<ReasonSummary> reasons;  ///< reasons that apply to at least one replica, in enum
                                         ///< order
    std::vector<RegionSummary> regions;  ///< one per element of plan.regions
    std::vector<GroupSummary> groups;    ///< one per element of plan.groups
    /// The load of creating the replicas on each quota, slowest first.
    std::vector<BucketLoad> load;
    std::vector<BucketLoad> survey;         ///< the load of the survey on each quota, slowest first
    std::vector<KeyQuotaUsage> key_quotas;  ///< highest usage first
    PlanCost cost;
    std::vector<Finding> findings;
};

/// Returns the summary of a plan, with its findings.
[[nodiscard]] PlanSummary summarize(const ReviewedPlan& reviewed);

/// "default", "copy", "custom" or "template".
[[nodiscard]] std::string_view policy_kind(const ReplicaParameters& parameters) noexcept;

}  // namespace keyferry::planner
