// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

struct PlanSummary;

enum class FindingSeverity : std::uint8_t {
    error,    ///< replicas that a run will not create, or that cannot be used or managed
    warning,  ///< allowed but usually unintended
    notice,   ///< informational
};
inline constexpr std::size_t kFindingSeverities = 3;

/// "error", "warning", "notice".
[[nodiscard]] std::string_view name_of(FindingSeverity severity) noexcept;
/// The inverse of name_of. Returns nullopt for an unknown name.
[[nodiscard]] std::optional<FindingSeverity> finding_severity_named(std::string_view name) noexcept;

/// A fact about a plan that a reviewer should know.
struct Finding {
    FindingSeverity severity = FindingSeverity::notice;
    std::string code;    ///< for scripts: "default_policy"
    std::string text;    ///< one or two sentences
    std::string advice;  ///< what to do, one or two sentences; may be empty
    /// Number of replicas; of (account, Region) pairs for key_quota_*; of keys for keys_elsewhere.
    std::uint64_t affected = 0;
    /// At most kFindingExamplesMax; blocked_no_credentials has every account.
    std::vector<std::string> examples;
};
inline constexpr std::size_t kFindingExamplesMax = 3;

/// Returns all findings of a plan, errors first. The codes:
///
///     account_locked_out      the policy allows no principal of the account to change it
///     aliases_by_sync         the spec sets aliases, which sync creates but run does not
///     blocked_*               replicas that cannot be created, by reason, for example
///                             blocked_primary_disabled
///     copies_not_known        values to copy from primaries are unknown (KMS was not queried)
///     default_policy          KMS's default key policy
///     exists_not_seen, sync_differs
///                             existing replicas, by reason
///     disabled_by_sync        the spec requires Disabled replicas; only sync disables them
///     extra_replicas          replicas in Regions that are not in the spec
///     keys_elsewhere          keys that groups select, with primaries outside the groups' Regions
///     keys_not_searched       groups that select keys were planned offline, or the account's
///                             credentials were refused
///     keys_unseen             keys that a group may select could not be checked
///     key_quota_exceeded, key_quota_nearly_used
///                             KMS's default quota of keys in an account and Region
///     no_aliases, no_description, no_tags
///                             not set by the spec, and not copied from the primary by KMS
///     opt_in_regions          Regions that need opt-in, whose status in the account is unknown
///     policy_check_bypassed   the policy lockout safety check is bypassed
///     policy_names_deleted    a copied policy names deleted principals
///     policy_region_bound     the policy names Regions, but not the replica's Region
///     primary_moved           primaries that are not in the Region stated in the spec
///     promotion_not_allowed   the policy allows no principal to promote the replica
///     regions_not_enabled     Regions that the account has not enabled
///     unusable_*              replicas that exist, but not in the state that the spec requires,
///                             by reason: unusable_enabled, unusable_disabled,
///                             unusable_pending_import, unusable_pending_deletion,
///                             unusable_unavailable
///
/// `summary` must be complete except for its findings.
[[nodiscard]] std::vector<Finding> find_findings(const ReviewedPlan& reviewed,
                                                 const PlanSummary& summary);

// The parts of find_findings(): findings about the groups' parameters, about primaries that have
// moved, about key policies, and about the state of keys and accounts in KMS.
void add_parameter_findings(const Plan& plan,
                            const PlanSummary& summary,
                            std::vector<Finding>& findings);
void add_moved_findings(const Plan& plan, std::vector<Finding>& findings);
void add_policy_findings(const ReviewedPlan& reviewed, std::vector<Finding>& findings);
void add_review_findings(const ReviewedPlan& reviewed,
                         const PlanSummary& summary,
                         std::vector<Finding>& findings);

/// Returns the number of findings by severity, in the order of FindingSeverity.
[[nodiscard]] std::array<std::uint64_t, kFindingSeverities> count_findings(
    const std::vector<Finding>& findings);

/// Returns the findings with the severity `least` or a worse one.
[[nodiscard]] std::vector<Finding> findings_from(FindingSeverity least,
                                                 const std::vector<Finding>& findings);

/// Whether the finding is about the states of replicas or primaries, which the report of
/// `keyferry check` shows as problems.
[[nodiscard]] bool is_about_replica_states(const Finding& finding) noexcept;

}  // namespace keyferry::planner
