// SPDX-License-Identifier: Apache-2.0
#include "planner/review/compare_with_inventory.hpp"

#include "planner/review/replica_drift.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

namespace keyferry::planner {
namespace {

ActionReason reason_of(const InventoryReplica& replica, bool wants_disabled) {
    switch (replica.lookup) {
        case LookupStatus::found:
            break;
        case LookupStatus::absent:
            // The primary lists it, so it is being created and not yet visible in its Region.
            return ActionReason::creating;
        case LookupStatus::not_requested:
        case LookupStatus::denied:
        case LookupStatus::no_credentials:
        case LookupStatus::no_response:
        case LookupStatus::unreadable:
            return ActionReason::not_seen;
    }
    switch (replica.state) {
        case io::KeyState::enabled:
            return wants_disabled ? ActionReason::enabled : ActionReason::ready;
        case io::KeyState::creating:
            return ActionReason::creating;
        case io::KeyState::updating:
            return ActionReason::updating;
        case io::KeyState::pending_import:
            return ActionReason::pending_import;
        case io::KeyState::pending_deletion:
        case io::KeyState::pending_replica_deletion:
            return ActionReason::pending_deletion;
        case io::KeyState::disabled:
            return wants_disabled ? ActionReason::ready : ActionReason::disabled;
        case io::KeyState::unavailable:
        case io::KeyState::other:
            break;
    }
    return ActionReason::unavailable;
}

/// Returns `absent` if the values to copy are known, and otherwise the reason why they are not.
ActionReason reason_of_content(const InventoryKey& key, const CopiedParts& copied) {
    if (copied.policy && key.policy == LookupStatus::denied) {
        return ActionReason::policy_denied;
    }
    if (copied.policy && key.policy == LookupStatus::unreadable) {
        return ActionReason::policy_unreadable;
    }
    if (copied.tags && key.tags == LookupStatus::denied) {
        return ActionReason::tags_denied;
    }
    const bool is_known = (!copied.policy || key.policy == LookupStatus::found) &&
                          (!copied.tags || key.tags == LookupStatus::found);
    return is_known ? ActionReason::absent : ActionReason::content_unseen;
}

ActionReason reason_of_state(const InventoryKey& key, const CopiedParts& copied) {
    switch (key.state) {
        case io::KeyState::enabled:
            return reason_of_content(key, copied);
        case io::KeyState::disabled:
            return ActionReason::primary_disabled;
        case io::KeyState::pending_deletion:
        case io::KeyState::pending_replica_deletion:
            return ActionReason::primary_pending_deletion;
        case io::KeyState::pending_import:
            return ActionReason::primary_pending_import;
        case io::KeyState::creating:
        case io::KeyState::updating:
        case io::KeyState::unavailable:
        case io::KeyState::other:
            break;
    }
    return ActionReason::primary_unavailable;
}

/// Returns why there is no primary to replicate; nullopt if there is one, in any state.
std::optional<ActionReason> why_no_primary(const InventoryKey& key, bool is_primary) {
    switch (key.lookup) {
        case LookupStatus::absent:
            return ActionReason::primary_absent;
        case LookupStatus::denied:
            return ActionReason::primary_denied;
        case LookupStatus::no_credentials:
            return ActionReason::no_credentials;
        case LookupStatus::not_requested:
        case LookupStatus::no_response:
        case LookupStatus::unreadable:
            return ActionReason::primary_unseen;
        case LookupStatus::found:
            break;
    }
    if (!key.is_multi_region) {
        return ActionReason::primary_single_region;
    }
    return is_primary ? std::nullopt : std::optional(ActionReason::primary_moved);
}

bool is_primary_here(const Plan& plan, const Inventory& inventory, std::uint32_t key) {
    const std::uint32_t region = inventory.keys[key].primary_region;
    return region != InventoryKey::kNoRegion &&
           inventory.regions.at(region) == plan.keys[key].primary.region.name();
}

/// Determines the status of each job, key by key.
class InventoryComparison {
  public:
    InventoryComparison(const Plan& plan, const Inventory& inventory)
        : plan_(plan), inventory_(inventory) {
        assert(inventory.keys.size() == plan.keys.size());
        review_.is_surveyed = true;
        review_.calls = inventory.calls;
        review_.calls_by_quota = inventory.calls_by_quota;
        review_.key_counts = inventory.key_counts;
        review_.refused_accounts = inventory.refused_accounts;
        review_.verdicts.resize(plan.jobs.size());
    }

    PlanReview make() && {
        JobIndex begin = 0;
        for (std::uint32_t key = 0; key < plan_.keys.size(); ++key) {
            JobIndex end = begin;
            while (end < plan_.jobs.size() && plan_.jobs[end].key == key) {
                ++end;
            }
            compare_key(key, begin, end);
            begin = end;
        }
        std::sort(review_.extras.begin(), review_.extras.end(), [](const auto& a, const auto& b) {
            return a.key != b.key ? a.key < b.key : a.region < b.region;
        });
        return std::move(review_);
    }

  private:
    const std::string& region_name(std::uint32_t region) const {
        return inventory_.regions.at(region);
    }

    void compare_key(std::uint32_t key, JobIndex begin, JobIndex end) {
        const InventoryKey& seen = inventory_.keys[key];
        const ActionReason if_absent =
            why_no_primary(seen, is_primary_here(plan_, inventory_, key))
                .value_or(reason_of_state(seen, copied_parts(plan_, key)));
        if (if_absent == ActionReason::primary_moved &&
            seen.primary_region != InventoryKey::kNoRegion) {
            review_.moved_to.emplace(key, region_name(seen.primary_region));
        }
        const bool is_here = is_primary_here(plan_, inventory_, key);
        // Otherwise the state of the primary is unknown, and a related key may be the primary.
        const bool wants_disabled = is_here && wants_replicas_disabled(key);
        for (JobIndex job = begin; job < end; ++job) {
            set_reason(job, if_absent);
            review_.verdicts[job].wants_disabled = wants_disabled;
        }
        for (const InventoryReplica& related : seen.related) {
            const auto job = find_job(begin, end, region_name(related.region));
            if (!is_known(key, related)) {
                continue;
            }
            if (job) {
                set_reason(*job, reason_of(related, wants_disabled));
                if (is_here) {  // otherwise this related key may be the current primary
                    compare_content(*job);
                }
                if (related.deletion_date_s > 0) {
                    review_.deletion_dates_s.emplace(*job, related.deletion_date_s);
                }
            } else if (related.region != seen.primary_region) {
                review_.extras.push_back(ExtraReplica{key, region_name(related.region)});
            }
        }
    }

    /// Whether it is known that the related key exists and which state the spec requires. If the
    /// primary has not responded, only a description of the related key itself shows that it
    /// exists.
    bool is_known(std::uint32_t key, const InventoryReplica& related) const {
        return inventory_.keys[key].lookup == LookupStatus::found ||
               (related.lookup == LookupStatus::found &&
                enabled_spec(plan_, key) != EnabledSpec::copied);
    }

    bool wants_replicas_disabled(std::uint32_t key) const {
        const EnabledSpec spec = enabled_spec(plan_, key);
        return spec == EnabledSpec::no || (spec == EnabledSpec::copied &&
                                           inventory_.keys[key].state == io::KeyState::disabled);
    }

    /// Compares an Enabled or Disabled replica with the spec.
    void compare_content(JobIndex job) {
        JobVerdict& verdict = review_.verdicts[job];
        const bool has_other_state =
            verdict.reason == ActionReason::enabled || verdict.reason == ActionReason::disabled;
        if (!has_other_state && verdict.reason != ActionReason::ready) {
            return;
        }
        unsigned steps = has_other_state ? static_cast<unsigned>(sync_enabled) : 0U;
        const auto replica = inventory_.replicas.find(job);
        if (replica != inventory_.replicas.end()) {
            steps |= drift_of(plan_, plan_.jobs[job], inventory_, replica->second);
        }
        verdict.steps = static_cast<std::uint8_t>(steps);
        if (steps != 0 && !has_other_state) {
            set_reason(job, ActionReason::differs);
        }
    }

    std::optional<JobIndex> find_job(JobIndex begin, JobIndex end, std::string_view region) const {
        for (JobIndex job = begin; job < end; ++job) {
            if (plan_.regions[plan_.jobs[job].region].name() == region) {
                return job;
            }
        }
        return std::nullopt;
    }

    void set_reason(JobIndex job, ActionReason reason) {
        review_.verdicts[job].action = action_of(reason);
        review_.verdicts[job].reason = reason;
    }

    const Plan& plan_;
    const Inventory& inventory_;
    PlanReview review_;
};

}  // namespace

PlanReview compare_with_inventory(const Plan& plan, const Inventory& inventory) {
    return InventoryComparison(plan, inventory).make();
}

ActionReason why_no_content(const Plan& plan, const Inventory& inventory, std::uint32_t key) {
    const InventoryKey& seen = inventory.keys.at(key);
    return why_no_primary(seen, is_primary_here(plan, inventory, key))
        .value_or(reason_of_content(seen, copied_parts(plan, key)));
}

}  // namespace keyferry::planner
