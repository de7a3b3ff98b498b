#pragma once

#include "planner/plan.hpp"
#include "planner/quota_load.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace keyferry {

struct RegionSummary {
    Region region;
    std::uint64_t replicas = 0;
};

struct GroupSummary {
    std::uint64_t keys = 0;
    std::uint64_t replicas = 0;
};

/// Something about a plan that is allowed and seldom wanted.
struct PlanWarning {
    std::string code;  ///< for scripts: "default_policy", "no_tags", "policy_check_bypassed",
                       ///< "opt_in_regions"
    std::string text;  ///< for people, a sentence
};

/// The figures of a plan's report.
struct PlanSummary {
    std::set<AccountId> accounts;
    std::vector<RegionSummary> regions;  ///< one for each of plan.regions
    std::vector<GroupSummary> groups;    ///< one for each of plan.groups
    std::vector<BucketLoad> load;        ///< what the plan asks of each quota, the longest first
    std::vector<PlanWarning> warnings;
};

PlanSummary summarize(const Plan& plan);

/// "default", "custom" or "template".
std::string_view policy_kind(const ReplicaParameters& parameters) noexcept;

}  // namespace keyferry
