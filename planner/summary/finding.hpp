// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_review.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

struct PlanSummary;

enum class FindingSeverity : std::uint8_t {
    error,    ///< replicas that a run will not make, or that nobody could manage
    warning,  ///< allowed, and seldom wanted
    notice,   ///< good to know
};
inline constexpr std::size_t kFindingSeverities = 3;

/// "error", "warning", "notice".
[[nodiscard]] std::string_view name_of(FindingSeverity severity) noexcept;

/// Something about a plan that a reviewer should know.
struct Finding {
    FindingSeverity severity = FindingSeverity::notice;
    std::string code;                   ///< for scripts: "default_policy"
    std::string text;                   ///< what is so, a sentence
    std::string advice;                 ///< what to do, a sentence or two; may be empty
    std::uint64_t affected = 0;         ///< replicas; for key_room_*, places
    std::vector<std::string> examples;  ///< kFindingExamplesMax at most
};
inline constexpr std::size_t kFindingExamplesMax = 3;

/// Everything there is to say of a plan, errors first. Its codes:
///
///     account_locked_out      no principal of the account may change the replica's policy
///     blocked_*, conflict_*   by reason: "conflict_pending_deletion"; what a run will not make
///     copies_not_known        what the spec copies, since nobody has asked KMS
///     default_policy          KMS's own
///     exists_pending_import, exists_not_seen, sync_differs     by reason
///     extra_replicas          in Regions that the spec does not name
///     keys_not_searched       of groups that select keys, offline
///     keys_unseen             that a group may select, but nobody could look
///     key_room_exceeded, key_room_small    of KMS's default quota of keys in a Region
///     no_aliases, no_description, no_tags  which KMS copies from no primary
///     opt_in_regions          which an account must have enabled, and nobody knows whether it has
///     policy_check_bypassed   the lockout safety check
///     policy_names_deleted    principals that are no more, as copied policies can
///     policy_region_bound     the policy names other Regions than the replica's
///     promotion_not_allowed   the policy allows nobody to replicate from it, or to make it primary
///     regions_not_enabled     by the account, which was asked
///
/// Everything of `summary` but its findings must be there.
[[nodiscard]] std::vector<Finding> find_findings(const Plan& plan,
                                                 const PlanReview& review,
                                                 const PlanSummary& summary);

// Its parts: what the groups' parameters leave to KMS, what their policies hold, and what KMS has
// or lets an account have.
void add_parameter_findings(const Plan& plan,
                            const PlanSummary& summary,
                            std::vector<Finding>& findings);
void add_policy_findings(const Plan& plan,
                         const PlanReview& review,
                         std::vector<Finding>& findings);
void add_review_findings(const Plan& plan,
                         const PlanReview& review,
                         const PlanSummary& summary,
                         std::vector<Finding>& findings);

/// How many there are of each severity, in the enum's order.
[[nodiscard]] std::array<std::uint64_t, kFindingSeverities> count_findings(
    const std::vector<Finding>& findings);

}  // namespace keyferry::planner
