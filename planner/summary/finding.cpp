// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/finding.hpp"

#include <algorithm>

namespace keyferry::planner {

std::string_view name_of(FindingSeverity severity) noexcept {
    constexpr std::array<std::string_view, kFindingSeverities> kNames{"error", "warning", "notice"};
    return kNames.at(static_cast<std::size_t>(severity));
}

std::vector<Finding> find_findings(const Plan& plan,
                                   const PlanReview& review,
                                   const PlanSummary& summary) {
    std::vector<Finding> findings;
    add_review_findings(plan, review, summary, findings);
    add_policy_findings(plan, review, findings);
    add_parameter_findings(plan, summary, findings);
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return a.severity < b.severity;
    });
    return findings;
}

std::array<std::uint64_t, kFindingSeverities> count_findings(const std::vector<Finding>& findings) {
    std::array<std::uint64_t, kFindingSeverities> counts{};
    for (const Finding& finding : findings) {
        ++counts.at(static_cast<std::size_t>(finding.severity));
    }
    return counts;
}

}  // namespace keyferry::planner
