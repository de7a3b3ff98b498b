// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// The result of checking one replica that the spec defines.
enum class ReplicaStatus : std::uint8_t {
    as_specified,  ///< exists, in the state and with every property that the spec sets

    // Gaps and differences, which remain if the check is repeated.
    missing,
    blocked,  ///< missing, and the primary cannot be replicated (ActionReason)
    creating,
    updating,       ///< becoming the primary, or becoming a replica again
    unusable,       ///< exists, but not in the state that the spec requires (ActionReason)
    differs,        ///< Enabled, but properties differ from the spec (JobVerdict::steps)
    primary_moved,  ///< Enabled, but the primary is not in the Region stated in the spec
    unreadable,     ///< Enabled, but a policy to compare cannot be parsed

    // Not checked: some lookup or comparison failed, and nothing else is known to be wrong.
    denied,       ///< access was denied, or the account's credentials were refused
    no_response,  ///< no response, or an invalid one, in all attempts
};
inline constexpr std::size_t kReplicaStatuses = 11;

/// "missing", "pending deletion", ...: short, for tables and JSON.
[[nodiscard]] std::string_view name_of(ReplicaStatus status) noexcept;

/// Whether the replica is known not to match the spec.
[[nodiscard]] bool is_gap(ReplicaStatus status) noexcept;

/// Whether `plan --detailed-exitcode` reports a replica with this reason: a run or sync would
/// change it, or manual action is needed before it exists or can be used. False for replicas that
/// could not be looked up.
[[nodiscard]] bool needs_work(ActionReason reason) noexcept;

/// Returns the status of the replica of each job. The review must be the comparison with
/// `inventory`, which must contain the contents of the replicas (see
/// engine::ReadContents::of_keys_and_replicas).
[[nodiscard]] std::vector<ReplicaStatus> check_replicas(const ReviewedPlan& reviewed,
                                                        const Inventory& inventory);

/// The replicas that have the same problem for the same reason.
struct ReplicaProblem {
    ReplicaProblem(ReplicaStatus status_, ActionReason reason_)
        : status(status_), reason(reason_) {}

    ReplicaStatus status;
    ActionReason reason;         ///< why it is blocked or unusable, or what could not be checked
    std::vector<JobIndex> jobs;  ///< ascending, so that replicas of a key are consecutive
};

/// Multi-Region keys that groups may select but that could not be checked. Their replicas are not
/// part of the plan.
struct UncheckedKeyCounts {
    std::uint64_t denied = 0;
    std::uint64_t no_response = 0;
};

/// Whether every replica that the spec defines exists, is usable and matches the spec.
enum class CheckVerdict : std::uint8_t {
    complete,     ///< yes
    gaps,         ///< no
    denied,       ///< unknown, because access to some keys was denied
    no_response,  ///< unknown; repeating the check may answer it for some of them
};

/// "complete", "gaps", "denied", "no response".
[[nodiscard]] std::string_view name_of(CheckVerdict verdict) noexcept;

/// The result of checking a fleet.
struct ReplicaCheck {
    std::uint64_t replicas = 0;            ///< defined in the spec
    std::uint64_t as_specified = 0;        ///< replicas that exist and match the spec
    std::vector<ReplicaProblem> problems;  ///< of the other replicas, in the order of the enums
    UncheckedKeyCounts unchecked_keys;
    bool lacks_accounts = false;  ///< accounts in which groups select keys were refused
    /// Groups that select no keys, although all keys could be checked. They count as gaps, since
    /// either the spec is wrong or the keys are gone, for example because their primaries moved.
    std::vector<std::string> empty_groups;
    /// Keys that groups select, whose primaries are outside the groups' Regions. They count as
    /// gaps, since their replicas are not checked.
    std::vector<KeyElsewhere> keys_elsewhere;

    /// Gaps take precedence over failed lookups, and missing responses over denied access.
    [[nodiscard]] CheckVerdict verdict() const noexcept;
};

/// Returns the names of the groups of `plan` that have no keys after the key search. `plan` must be
/// unfiltered.
[[nodiscard]] std::vector<std::string> groups_without_keys(const Plan& plan);

/// Summarizes `statuses`, the statuses of the jobs of the plan.
[[nodiscard]] ReplicaCheck summarize_check(const ReviewedPlan& reviewed,
                                           const std::vector<ReplicaStatus>& statuses,
                                           const UncheckedKeyCounts& unchecked_keys);

/// Returns the replicas that exist, or may exist, and that a sync does not bring fully in line with
/// the spec, in the order of the enums: those whose status is neither `as_specified` nor `differs`,
/// and those of which some parts could not be read. Missing and blocked replicas are excluded, and
/// so are the replicas whose state the sync changes (`changes_state`, one element per job) and of
/// which all other parts could be compared. The other arguments are those of check_replicas().
[[nodiscard]] std::vector<ReplicaProblem> unsynced_replicas(const ReviewedPlan& reviewed,
                                                            const Inventory& inventory,
                                                            const std::vector<bool>& changes_state);

/// "missing", "denied", "unusable (disabled)", "blocked (primary disabled)": the reason is included
/// where the status does not imply it.
[[nodiscard]] std::string status_text(const ReplicaProblem& problem);

/// The same, but as "not checked (denied)" if the replica could not be checked.
[[nodiscard]] std::string label_of(const ReplicaProblem& problem);

/// Returns advice on a problem in one or two sentences.
[[nodiscard]] std::string_view advice_on(const ReplicaProblem& problem) noexcept;

}  // namespace keyferry::planner
