// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/finding.hpp"

#include <algorithm>
#include <iterator>

namespace keyferry::planner {

std::string_view name_of(FindingSeverity severity) noexcept {
    constexpr std::array<std::string_view, kFindingSeverities> kNames{"error", "warning", "notice"};
    return kNames.at(static_cast<std::size_t>(severity));
}

std::optional<FindingSeverity> finding_severity_named(std::string_view name) noexcept {
    for (const FindingSeverity severity :
         {FindingSeverity::error, FindingSeverity::warning, FindingSeverity::notice}) {
        if (name_of(severity) == name) {
            return severity;
        }
    }
    return std::nullopt;
}

std::vector<Finding> find_findings(const ReviewedPlan& reviewed, const PlanSummary& summary) {
    std::vector<Finding> findings;
    add_review_findings(reviewed, summary, findings);
    add_moved_findings(reviewed.plan, findings);
    add_policy_findings(reviewed, findings);
    add_parameter_findings(reviewed.plan, summary, findings);
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

std::vector<Finding> findings_from(FindingSeverity least, const std::vector<Finding>& findings) {
    std::vector<Finding> found;
    std::copy_if(
        findings.begin(), findings.end(), std::back_inserter(found), [&](const Finding& finding) {
            return finding.severity <= least;
        });
    return found;
}

bool is_about_replica_states(const Finding& finding) noexcept {
    constexpr std::array<std::string_view, 4> kPrefixes{
        "blocked_", "exists_", "sync_", "unusable_"};
    return finding.code == "keys_unseen" || finding.code == "keys_elsewhere" ||
           std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) {
               return finding.code.starts_with(prefix);
           });
}

}  // namespace keyferry::planner
