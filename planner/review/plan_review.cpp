// SPDX-License-Identifier: Apache-2.0
#include "planner/review/plan_review.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <tuple>

namespace keyferry::planner {
namespace {

struct ReasonRow {
    ActionReason reason;
    JobAction action;
    std::string_view name;
    std::string_view advice;
};

using Action = JobAction;
using Reason = ActionReason;

constexpr std::array<ReasonRow, kActionReasons> kReasons{{
    {Reason::not_surveyed, Action::create, "not surveyed", ""},
    {Reason::absent, Action::create, "absent", ""},
    {Reason::ready, Action::exists, "ready", ""},
    {Reason::creating, Action::exists, "creating", ""},
    {Reason::updating, Action::exists, "updating", ""},
    {Reason::not_seen,
     Action::exists,
     "not seen",
     "The primary lists the replica, but DescribeKey in the replica's Region was denied or "
     "received no response. Allow kms:DescribeKey there and plan again."},
    {Reason::differs,
     Action::sync,
     "differs",
     "Run keyferry sync to change existing replicas, or use PutKeyPolicy, TagResource, "
     "UpdateKeyDescription or CreateAlias in the replica's Region, or change the spec."},
    {Reason::enabled,
     Action::unusable,
     "enabled",
     "The spec requires the replica to be Disabled. Run keyferry sync, or call DisableKey in its "
     "Region."},
    {Reason::disabled,
     Action::unusable,
     "disabled",
     "Find out why the replica was disabled, then call EnableKey in its Region, or run keyferry "
     "sync --part enabled."},
    {Reason::pending_import,
     Action::unusable,
     "pending import",
     "Import the primary's key material into the replica. Each replica needs its own import token "
     "(GetParametersForImport in its Region)."},
    {Reason::pending_deletion,
     Action::unusable,
     "pending deletion",
     "To keep the replica, call CancelKeyDeletion in its Region, which leaves it Disabled, and, "
     "unless the spec requires that, EnableKey. Otherwise, wait until it is deleted and plan "
     "again."},
    {Reason::unavailable,
     Action::unusable,
     "unavailable",
     "The replica is in a state in which it cannot be used. Check it with DescribeKey in its "
     "Region."},
    {Reason::primary_absent,
     Action::blocked,
     "primary absent",
     "The key does not exist in the primary's Region. Check the key ID, the account and the Region "
     "in the spec."},
    {Reason::primary_denied,
     Action::blocked,
     "primary denied",
     "DescribeKey on the primary was denied. Allow it for the caller in the key policy, or in IAM "
     "if the key policy delegates to IAM, and plan again."},
    {Reason::primary_unseen,
     Action::blocked,
     "primary unseen",
     "KMS did not respond to DescribeKey for the primary. Plan again."},
    {Reason::no_credentials,
     Action::blocked,
     "no credentials",
     "Fix the role, profile or credentials of the account, then run the command again. 'keyferry "
     "whoami' shows the credentials of each account."},
    {Reason::primary_single_region,
     Action::blocked,
     "single-Region key",
     "A single-Region key cannot be converted to a multi-Region key. Create a multi-Region key, "
     "point aliases and applications at it, and re-encrypt the data that other Regions must read."},
    {Reason::primary_moved,
     Action::blocked,
     "primary moved",
     "The key's primary has moved to another Region since the plan was created. Plan again; moved "
     "primaries are followed."},
    {Reason::primary_disabled,
     Action::blocked,
     "primary disabled",
     "A disabled primary cannot be replicated. Call EnableKey and plan again."},
    {Reason::primary_pending_deletion,
     Action::blocked,
     "primary pending deletion",
     "The primary is scheduled for deletion, after which its ciphertexts cannot be decrypted. If "
     "it is still needed, call CancelKeyDeletion and EnableKey. Otherwise, remove it from the "
     "spec."},
    {Reason::primary_pending_import,
     Action::blocked,
     "primary pending import",
     "The primary has no key material. Import it first."},
    {Reason::primary_unavailable,
     Action::blocked,
     "primary unavailable",
     "The primary is in a state in which it cannot be replicated. Check it with DescribeKey."},
    {Reason::policy_denied,
     Action::blocked,
     "policy denied",
     "The spec copies the primary's key policy, but GetKeyPolicy was denied. Allow "
     "kms:GetKeyPolicy on the primary for the caller, or write the policy in the spec."},
    {Reason::policy_unreadable,
     Action::blocked,
     "policy unreadable",
     "The spec copies the primary's key policy, but the policy that KMS returned cannot be parsed. "
     "Write the policy in the spec."},
    {Reason::tags_denied,
     Action::blocked,
     "tags denied",
     "The spec copies the primary's tags, but ListResourceTags was denied. Allow "
     "kms:ListResourceTags on the primary for the caller, or write the tags in the spec."},
    {Reason::content_unseen,
     Action::blocked,
     "copy unseen",
     "The primary's policy or tags, which the spec copies, could not be read: no response from "
     "KMS. Plan again."},
    {Reason::not_in_saved_plan,
     Action::blocked,
     "not in saved plan",
     "The saved plan does not create the replica: it existed, was in conflict or was blocked when "
     "the plan was created. Create a new plan."},
}};

constexpr std::array<std::string_view, kJobActions> kActions{
    "create", "exists", "sync", "unusable", "blocked"};

const ReasonRow& row_of(ActionReason reason) noexcept {
    const ReasonRow& row = kReasons.at(static_cast<std::size_t>(reason));
    assert(row.reason == reason);
    return row;
}

}  // namespace

bool is_certain(ActionReason reason) noexcept {
    return reason != ActionReason::primary_denied && reason != ActionReason::primary_unseen &&
           reason != ActionReason::no_credentials && reason != ActionReason::primary_unavailable;
}

bool may_be_created(const JobVerdict& verdict) noexcept {
    return verdict.action == JobAction::create ||
           (verdict.action == JobAction::blocked && !is_certain(verdict.reason) &&
            verdict.reason != ActionReason::no_credentials);
}

std::string_view name_of(JobAction action) noexcept {
    return kActions.at(static_cast<std::size_t>(action));
}

std::string_view name_of(ActionReason reason) noexcept {
    return row_of(reason).name;
}

std::optional<JobAction> job_action_named(std::string_view name) noexcept {
    for (std::size_t index = 0; index < kActions.size(); ++index) {
        if (kActions[index] == name) {
            return static_cast<JobAction>(index);
        }
    }
    return std::nullopt;
}

std::optional<ActionReason> action_reason_named(std::string_view name) noexcept {
    for (const ReasonRow& row : kReasons) {
        if (row.name == name) {
            return row.reason;
        }
    }
    return std::nullopt;
}

std::string_view name_of(SyncStep step) noexcept {
    switch (step) {
        case sync_policy:
            return "policy";
        case sync_tags:
            return "tags";
        case sync_description:
            return "description";
        case sync_aliases:
            return "aliases";
        case sync_enabled:
            return "enabled";
    }
    return "?";
}

std::optional<SyncStep> sync_step_named(std::string_view name) noexcept {
    for (const SyncStep step : kSyncSteps) {
        if (name_of(step) == name) {
            return step;
        }
    }
    return std::nullopt;
}

std::string steps_text(std::uint8_t steps) {
    std::string text;
    for (const SyncStep step : kSyncSteps) {
        if ((steps & step) != 0) {
            text.append(text.empty() ? "" : ", ").append(name_of(step));
        }
    }
    return text;
}

JobAction action_of(ActionReason reason) noexcept {
    return row_of(reason).action;
}

std::string_view advice_on(ActionReason reason) noexcept {
    return row_of(reason).advice;
}

void add_calls(PlanReview& review, const std::vector<QuotaCalls>& calls) {
    for (const QuotaCalls& made : calls) {
        review.calls += made.calls;
        const auto same = std::find_if(
            review.calls_by_quota.begin(), review.calls_by_quota.end(), [&](const auto& quota) {
                return quota.place == made.place && quota.api == made.api;
            });
        if (same != review.calls_by_quota.end()) {
            same->calls += made.calls;
        } else {
            review.calls_by_quota.push_back(made);
        }
    }
    std::sort(review.calls_by_quota.begin(),
              review.calls_by_quota.end(),
              [](const QuotaCalls& a, const QuotaCalls& b) {
                  return std::tie(a.place, a.api) < std::tie(b.place, b.api);
              });
}

void restrict_to_saved(PlanReview& review, const PlanReview& saved) {
    assert(review.verdicts.size() == saved.verdicts.size());
    for (std::size_t job = 0; job < review.verdicts.size(); ++job) {
        JobVerdict& now = review.verdicts[job];
        const JobVerdict& before = saved.verdicts[job];
        if (before.action == JobAction::create) {
            continue;
        }
        if (may_be_created(now)) {
            now.action = JobAction::blocked;
            now.reason = ActionReason::not_in_saved_plan;
        } else if (now.reason == ActionReason::no_credentials) {
            now.is_withheld = true;
        }
    }
}

PlanReview unsurveyed_review(const Plan& plan) {
    PlanReview review;
    review.verdicts.resize(plan.jobs.size());
    return review;
}

}  // namespace keyferry::planner
