// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"
#include "planner/plan/plan.hpp"
#include "planner/plan/quota.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keyferry::planner {

/// The action that a job requires, given the state of its key in KMS.
enum class JobAction : std::uint8_t {
    create,    ///< no replica exists, or KMS was not queried: ReplicateKey
    exists,    ///< the replica is usable or will be: nothing to do
    sync,      ///< the replica exists but differs from the spec (JobVerdict::steps)
    unusable,  ///< the replica exists, but not in the state that the spec requires
    blocked,   ///< the primary cannot be replicated
};
inline constexpr std::size_t kJobActions = 5;

/// The reason for an action. Each reason belongs to exactly one action.
enum class ActionReason : std::uint8_t {
    not_surveyed,  ///< create: planned without querying KMS
    absent,        ///< create: KMS lists no related key in the Region

    ready,     ///< exists: in the state that the spec requires
    creating,  ///< exists: still Creating
    updating,  ///< exists: becoming the primary, or becoming a replica again
    not_seen,  ///< exists: the primary lists it, but DescribeKey on it failed

    differs,  ///< sync

    enabled,           ///< unusable: Enabled, but the spec requires Disabled
    disabled,          ///< unusable: Disabled, but the spec requires Enabled
    pending_import,    ///< unusable: waiting for its key material to be imported
    pending_deletion,  ///< unusable: PlanReview::deletion_dates_s has the date
    unavailable,       ///< unusable: any other state

    primary_absent,            ///< blocked: the key does not exist
    primary_denied,            ///< blocked: DescribeKey was denied
    primary_unseen,            ///< blocked: no response to DescribeKey
    no_credentials,            ///< blocked: PlanReview::refused_accounts has the reason
    primary_single_region,     ///< blocked: a single-Region key, which cannot be converted
    primary_moved,             ///< blocked: the primary is now in another Region
    primary_disabled,          ///< blocked
    primary_pending_deletion,  ///< blocked
    primary_pending_import,    ///< blocked
    primary_unavailable,       ///< blocked: any other state, including Creating and Updating
    policy_denied,      ///< blocked: the spec copies the primary's policy; GetKeyPolicy was denied
    policy_unreadable,  ///< blocked: the policy to copy cannot be parsed
    tags_denied,        ///< blocked: the spec copies the primary's tags; ListResourceTags was
                        ///< denied
    content_unseen,     ///< blocked: no valid response for the policy or tags to copy
    not_in_saved_plan,  ///< blocked: a saved plan does not create this replica
};
inline constexpr std::size_t kActionReasons = 27;

/// Properties of an existing replica that differ from the spec, as bits of JobVerdict::steps.
enum SyncStep : std::uint8_t {
    sync_policy = 1,
    sync_tags = 2,
    sync_description = 4,
    sync_aliases = 8,
    sync_enabled = 16,  ///< Enabled instead of Disabled, or the reverse
};

inline constexpr std::array kSyncSteps{
    sync_policy, sync_tags, sync_description, sync_aliases, sync_enabled};

/// The result of the review for one job. It has only four bytes, because there may be millions of
/// jobs.
struct JobVerdict {
    JobAction action = JobAction::create;
    ActionReason reason = ActionReason::not_surveyed;
    /// SyncStep bits. Not 0 if the reason is `differs`. If the replica is unusable because it is
    /// Enabled or Disabled, its other parts are compared as well.
    std::uint8_t steps = 0;
    /// Whether the spec requires the replica to be Disabled. Not saved with a plan.
    bool wants_disabled : 1 = false;
    /// Whether a saved plan does not create the replica (restrict_to_saved()), so that no request
    /// is sent for it, even if `reason` may no longer hold. Not saved with a plan.
    bool is_withheld : 1 = false;
    friend bool operator==(const JobVerdict&, const JobVerdict&) = default;
};

/// A replica of a key of the plan in a Region that the spec does not list for that key. Such
/// replicas are reported, but never changed.
struct ExtraReplica {
    std::uint32_t key = 0;  ///< index into Plan::keys
    std::string region;
};

/// A plan compared with KMS. `verdicts` has one entry for each element of plan.jobs.
struct PlanReview {
    bool is_surveyed = false;  ///< false: KMS was not queried; every job is create, not_surveyed
    std::vector<JobVerdict> verdicts;
    std::vector<ExtraReplica> extras;  ///< sorted by key, then Region
    /// For replicas with the reason pending_deletion, if KMS returned the date: Unix epoch seconds.
    std::unordered_map<JobIndex, double> deletion_dates_s;
    /// For primary_moved: where each key's primary is now, by index into Plan::keys.
    std::unordered_map<std::uint32_t, std::string> moved_to;
    /// Whether the account has enabled a Region of the plan, by Region code; unknown for Regions
    /// without an entry. Not saved with a plan, because it may change before the plan is run.
    std::map<std::string, bool, std::less<>> regions_enabled;
    /// The number of calls that the survey made, including retries: in total, and by account,
    /// Region and API (sorted). `calls_by_quota` is empty for a plan that was saved by a version of
    /// keyferry that did not record it.
    std::uint64_t calls = 0;
    std::vector<QuotaCalls> calls_by_quota;
    /// The number of all keys of an account in a Region, including those outside the plan, if they
    /// were counted.
    std::map<io::AccountRegion, std::uint64_t> key_counts;
    /// Accounts whose credentials are missing or refused, with the reason as text for users.
    std::map<io::AccountId, std::string> refused_accounts;
};

/// "create", "exists", ...
[[nodiscard]] std::string_view name_of(JobAction action) noexcept;
/// "not surveyed", "absent", ...: short, for tables and files.
[[nodiscard]] std::string_view name_of(ActionReason reason) noexcept;
/// The inverse of name_of. Returns nullopt for an unknown name.
[[nodiscard]] std::optional<JobAction> job_action_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<ActionReason> action_reason_named(std::string_view name) noexcept;
/// "policy", "tags", "description", "aliases", "enabled"
[[nodiscard]] std::string_view name_of(SyncStep step) noexcept;
[[nodiscard]] std::optional<SyncStep> sync_step_named(std::string_view name) noexcept;
/// Returns the names of the SyncStep bits of `steps`, separated by ", "; empty for 0.
[[nodiscard]] std::string steps_text(std::uint8_t steps);
/// Returns the action that a reason belongs to.
[[nodiscard]] JobAction action_of(ActionReason reason) noexcept;
/// Whether the reason shows that the replica cannot be created now. Returns false if KMS did not
/// respond, denied access to the primary or refused the account's credentials, or reported a state
/// that may be temporary: ReplicateKey may then succeed.
[[nodiscard]] bool is_certain(ActionReason reason) noexcept;
/// Whether a run may create the replica: it is to be created, or the survey could not determine
/// that it cannot be created now. False for accounts whose credentials are refused.
[[nodiscard]] bool may_be_created(const JobVerdict& verdict) noexcept;
/// Returns the meaning and the remedy in one or more sentences for users. The text is empty if no
/// action is needed.
[[nodiscard]] std::string_view advice_on(ActionReason reason) noexcept;

/// Limits `review` to what a saved plan with the review `saved` creates: other replicas that do not
/// exist are blocked as not_in_saved_plan, since the reason in the saved plan may no longer hold.
/// Replicas of accounts whose credentials are refused keep that reason (JobVerdict::is_withheld).
/// Both reviews must belong to the same plan.
void restrict_to_saved(PlanReview& review, const PlanReview& saved);

/// Adds the calls that were made before the survey to find keys.
void add_calls(PlanReview& review, const std::vector<QuotaCalls>& calls);

/// Returns the review of an offline plan: every job is `create`, `not_surveyed`.
[[nodiscard]] PlanReview unsurveyed_review(const Plan& plan);

}  // namespace keyferry::planner
