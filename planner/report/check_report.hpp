// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/plan_provenance.hpp"
#include "planner/review/reviewed_plan.hpp"
#include "planner/summary/finding.hpp"
#include "planner/summary/replica_check.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace keyferry::planner {

/// Maximum number of keys that the text report names for each problem.
inline constexpr std::size_t kCheckedKeysNamedMax = 10;

// The report of `keyferry check`. `check` must belong to `reviewed`. `findings` are
// additional findings about the plan, or null without --fail-on.

/// Plain text for a terminal: the verdict as a sentence, the number of problems by reason and
/// Region, and, for each reason, the first keys and advice. Apart from names, lines have at most
/// kTextColumnsMax characters. Ends with a line feed.
[[nodiscard]] std::string check_report_text(const ReviewedPlan& reviewed,
                                            const ReplicaCheck& check,
                                            const std::vector<Finding>* findings);

/// One JSON object on one line, with a line feed at the end. New members may be added. The members:
///
///     format            "keyferry-check-report-1"
///     fleet             the name in the spec
///     sha256            the plan's identity, 64 hex digits
///     provenance        when, by whom and for which spec the check was run, as in the plan
///                       report (PLAN_REPORT.md)
///     verdict           "complete": every replica exists, is usable and matches the spec; "gaps":
///                       some do not; "denied": no gaps were found, but access to some keys or
///                       replicas was denied; "no response": no gaps or denied access were found,
///                       but KMS did not respond to some lookups
///     keys              number of primaries
///     replicas          number of replicas that the spec defines
///     as_specified      number of these that exist, are usable and match the spec
///     unchecked_keys    {denied, no_response}: keys that groups may select but that could not be
///                       checked. Their replicas are not counted in any other member
///     empty_groups      names of the groups that select no keys, which count as gaps
///     keys_elsewhere    [{primary, group}]: keys that groups select, but whose primaries are in
///                       Regions outside the groups' Regions; these count as gaps, and
///                       their replicas are not counted in any other member
///     extra_replicas    number of replicas of these keys that are not in the spec
///     problems          [{status, reason, replicas, regions, advice, affected}], one for each
///                       status and reason; empty if the verdict is "complete"
///     findings          only with --fail-on: [{severity, code, affected, text, advice, examples}],
///                       as in the plan report
///
/// In `problems`, `status` is a ReplicaStatus, with `denied` and `no response` for replicas that
/// could not be checked; `reason` is an ActionReason as in the plan report; `regions` is
/// [{region, replicas}]; and `affected` lists all affected replicas as [{primary, replica}] (ARNs),
/// with the optional members `differs`, `deletion_date_s` and `moved_to` of the plan report
/// (PLAN_REPORT.md).
[[nodiscard]] std::string check_report_json(const ReviewedPlan& reviewed,
                                            const PlanProvenance& provenance,
                                            const ReplicaCheck& check,
                                            const std::vector<Finding>* findings);

/// Returns what a reader needs to know about a replica beyond its problem, such as
/// " (policy, tags)" or " (deletion date 2026-12-01)"; usually empty.
[[nodiscard]] std::string detail_text(const PlanReview& review, JobIndex job);

}  // namespace keyferry::planner
