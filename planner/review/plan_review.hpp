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

/// What a job needs, by what KMS says of its key.
enum class JobAction : std::uint8_t {
    create,    ///< no replica exists, or KMS was not queried: ReplicateKey
    exists,    ///< it is there and usable, or will be: nothing to do
    sync,      ///< it is there, and differs from what the spec says of it (JobVerdict::steps)
    conflict,  ///< something stands in its place that cannot be used
    blocked,   ///< the primary cannot be replicated
};
inline constexpr std::size_t kJobActions = 5;

/// Why. Each belongs to one action.
enum class ActionReason : std::uint8_t {
    not_surveyed,  ///< create: planned without asking KMS
    absent,        ///< create: KMS lists no related key in the Region

    ready,           ///< exists: Enabled
    creating,        ///< exists: still Creating or Updating
    pending_import,  ///< exists: waits for its key material
    not_seen,        ///< exists: the primary lists it; it could not be looked at

    differs,  ///< sync

    pending_deletion,  ///< conflict: PlanReview::deletion_dates_s says when it goes
    disabled,          ///< conflict
    unavailable,       ///< conflict: any other state

    primary_absent,            ///< blocked: KMS knows no such key
    primary_denied,            ///< blocked: DescribeKey was refused
    primary_unseen,            ///< blocked: no answer about it
    primary_single_region,     ///< blocked: no multi-Region key, and can never become one
    primary_moved,             ///< blocked: the primary is in another Region now
    primary_disabled,          ///< blocked
    primary_pending_deletion,  ///< blocked
    primary_pending_import,    ///< blocked
    primary_unavailable,       ///< blocked: any other state, Creating and Updating among them
    policy_denied,  ///< blocked: the spec copies the primary's policy, and GetKeyPolicy was refused
    policy_unreadable,  ///< blocked: the policy that it copies is no JSON that makes sense
    tags_denied,        ///< blocked: as policy_denied, of its tags and ListResourceTags
    content_unseen,     ///< blocked: no answer, or none that makes sense, about what is copied
};
inline constexpr std::size_t kActionReasons = 23;

/// What of an existing replica differs from the spec, as bits of JobVerdict::steps.
enum SyncStep : std::uint8_t {
    sync_policy = 1,
    sync_tags = 2,
    sync_description = 4,
    sync_aliases = 8,
};

inline constexpr std::array kSyncSteps{sync_policy, sync_tags, sync_description, sync_aliases};

/// Three bytes, since there may be millions.
struct JobVerdict {
    JobAction action = JobAction::create;
    ActionReason reason = ActionReason::not_surveyed;
    std::uint8_t steps = 0;  ///< SyncStep bits
    friend bool operator==(const JobVerdict&, const JobVerdict&) = default;
};

/// A replica of a key of the plan, in a Region that the spec does not name for it. Reported, never
/// touched.
struct ExtraReplica {
    std::uint32_t key = 0;  ///< index into Plan::keys
    std::string region;
};

/// A plan held against what KMS says. `verdicts` has one for each of plan.jobs.
struct PlanReview {
    bool is_surveyed = false;  ///< false: KMS was not queried; every job is create, not_surveyed
    std::vector<JobVerdict> verdicts;
    std::vector<ExtraReplica> extras;  ///< by key, then Region
    /// For conflicts of reason pending_deletion, where KMS has said it: Unix epoch seconds.
    std::unordered_map<JobIndex, double> deletion_dates_s;
    /// For primary_moved: where each key's primary is now, by index into Plan::keys.
    std::unordered_map<std::uint32_t, std::string> moved_to;
    /// Whether the account has enabled a Region of the plan, by the Region's code; those that are
    /// not in it are unknown. Not saved with a plan, since it may change before the plan is run.
    std::map<std::string, bool, std::less<>> regions_enabled;
    /// Calls that the survey has made, retries too, in all and by account, Region and API, sorted.
    /// The latter is empty for a plan that was saved by a keyferry that did not write it down.
    std::uint64_t calls = 0;
    std::vector<QuotaCalls> calls_by_quota;
    /// All keys of accounts in Regions, this plan's and others, where they were counted.
    std::map<io::AccountRegion, std::uint64_t> key_counts;
};

/// "create", "exists", ...
[[nodiscard]] std::string_view name_of(JobAction action) noexcept;
/// "not surveyed", "absent", ...: short, for tables and files.
[[nodiscard]] std::string_view name_of(ActionReason reason) noexcept;
/// The reverse; nothing for a name not in the list.
[[nodiscard]] std::optional<JobAction> job_action_named(std::string_view name) noexcept;
[[nodiscard]] std::optional<ActionReason> action_reason_named(std::string_view name) noexcept;
/// "policy", "tags", "description", "aliases"
[[nodiscard]] std::string_view name_of(SyncStep step) noexcept;
[[nodiscard]] std::optional<SyncStep> sync_step_named(std::string_view name) noexcept;
/// The names of the SyncStep bits of `steps`, with ", " between; empty for 0.
[[nodiscard]] std::string steps_text(std::uint8_t steps);
/// The action that a reason belongs to.
[[nodiscard]] JobAction action_of(ActionReason reason) noexcept;
/// What it means and what to do about it, one or two sentences for people. Empty where there is
/// nothing to do.
[[nodiscard]] std::string_view advice_on(ActionReason reason) noexcept;

/// Counts calls that were made before the survey, to find keys.
void add_calls(PlanReview& review, const std::vector<QuotaCalls>& calls);

/// Every job to be created, unseen: the review of a plan that is made offline.
[[nodiscard]] PlanReview unsurveyed_review(const Plan& plan);

}  // namespace keyferry::planner
