// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/replica_check.hpp"

#include "planner/review/replica_drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <utility>

namespace keyferry::planner {

namespace {

/// Returns the status of a replica whose lookup failed.
ReplicaStatus status_of_failed(LookupStatus lookup) {
    switch (lookup) {
        case LookupStatus::denied:
        case LookupStatus::no_credentials:
            return ReplicaStatus::denied;
        case LookupStatus::unreadable:
            return ReplicaStatus::unreadable;
        case LookupStatus::not_requested:
        case LookupStatus::found:
        case LookupStatus::absent:
        case LookupStatus::no_response:
            break;
    }
    return ReplicaStatus::no_response;
}

/// Returns the status of a job that is not `ready`.
ReplicaStatus status_of(ActionReason reason) {
    switch (reason) {
        case ActionReason::ready:
            return ReplicaStatus::as_specified;
        case ActionReason::not_surveyed:
        case ActionReason::absent:
            return ReplicaStatus::missing;
        case ActionReason::creating:
            return ReplicaStatus::creating;
        case ActionReason::updating:
            return ReplicaStatus::updating;
        case ActionReason::enabled:
        case ActionReason::disabled:
        case ActionReason::pending_import:
        case ActionReason::pending_deletion:
        case ActionReason::unavailable:
            return ReplicaStatus::unusable;
        case ActionReason::differs:
            return ReplicaStatus::differs;
        case ActionReason::primary_denied:
        case ActionReason::no_credentials:
            return ReplicaStatus::denied;
        case ActionReason::not_seen:
        case ActionReason::primary_unseen:
            return ReplicaStatus::no_response;
        default:
            break;
    }
    return ReplicaStatus::blocked;
}

/// Determines the status of each job, given the comparison of the plan with KMS.
class StatusFinder {
  public:
    StatusFinder(const ReviewedPlan& reviewed, const Inventory& inventory)
        : reviewed_(reviewed), inventory_(inventory) {}

    ReplicaStatus status(JobIndex job) const {
        switch (reviewed_.review.verdicts.at(job).reason) {
            case ActionReason::ready:
                if (has_moved(reviewed_.plan.jobs[job].key)) {
                    return ReplicaStatus::primary_moved;
                }
                return is_compared(job) ? ReplicaStatus::as_specified : why_not_compared(job);
            case ActionReason::not_seen:
                return status_of_failed(lookup_of(job));
            default:
                return status_of(reviewed_.review.verdicts[job].reason);
        }
    }

    bool is_compared(JobIndex job) const {
        return planner::is_compared(reviewed_, inventory_, job);
    }

    /// Returns the status of a replica for which is_compared() is false.
    ReplicaStatus why_not_compared(JobIndex job) const {
        const std::uint32_t key = reviewed_.plan.jobs[job].key;
        const InventoryKey& seen = inventory_.keys[key];
        const auto replica = inventory_.replicas.find(job);
        const std::array lookups{
            replica == inventory_.replicas.end() ? LookupStatus::found : replica->second.worst,
            copied_parts(reviewed_.plan, key).policy ? seen.policy : LookupStatus::found,
            copied_parts(reviewed_.plan, key).tags ? seen.tags : LookupStatus::found,
            alias_spec(reviewed_.plan, key).copied ? seen.aliases : LookupStatus::found};
        for (const LookupStatus worst :
             {LookupStatus::unreadable, LookupStatus::denied, LookupStatus::no_credentials}) {
            if (std::find(lookups.begin(), lookups.end(), worst) != lookups.end()) {
                return status_of_failed(worst);
            }
        }
        return ReplicaStatus::no_response;
    }

  private:
    LookupStatus lookup_of(JobIndex index) const {
        const Job& job = reviewed_.plan.jobs[index];
        for (const InventoryReplica& related : inventory_.keys[job.key].related) {
            if (inventory_.regions.at(related.region) ==
                reviewed_.plan.regions[job.region].name()) {
                return related.lookup;
            }
        }
        return LookupStatus::no_response;
    }

    bool has_moved(std::uint32_t key) const {
        const std::uint32_t region = inventory_.keys[key].primary_region;
        return region != InventoryKey::kNoRegion &&
               inventory_.regions.at(region) != reviewed_.plan.keys[key].primary.region.name();
    }

    const ReviewedPlan& reviewed_;
    const Inventory& inventory_;
};

/// Groups replicas by problem.
class ProblemList {
  public:
    void add(JobIndex job, ReplicaStatus status, ActionReason reason) {
        problems_.try_emplace({status, reason}, status, reason).first->second.jobs.push_back(job);
    }

    std::vector<ReplicaProblem> in_order() && {
        std::vector<ReplicaProblem> list;
        for (auto& [key, problem] : problems_) {
            list.push_back(std::move(problem));
        }
        return list;
    }

  private:
    std::map<std::pair<ReplicaStatus, ActionReason>, ReplicaProblem> problems_;
};

}  // namespace

std::string_view name_of(ReplicaStatus status) noexcept {
    constexpr std::array<std::string_view, kReplicaStatuses> kNames{"as specified",
                                                                    "missing",
                                                                    "blocked",
                                                                    "creating",
                                                                    "updating",
                                                                    "unusable",
                                                                    "differs",
                                                                    "primary moved",
                                                                    "unreadable",
                                                                    "denied",
                                                                    "no response"};
    return kNames.at(static_cast<std::size_t>(status));
}

std::string_view name_of(CheckVerdict verdict) noexcept {
    constexpr std::array<std::string_view, 4> kNames{"complete", "gaps", "denied", "no response"};
    return kNames.at(static_cast<std::size_t>(verdict));
}

bool is_gap(ReplicaStatus status) noexcept {
    return status != ReplicaStatus::as_specified && status != ReplicaStatus::denied &&
           status != ReplicaStatus::no_response;
}

bool needs_work(ActionReason reason) noexcept {
    const ReplicaStatus status = status_of(reason);
    return is_gap(status) && status != ReplicaStatus::creating && status != ReplicaStatus::updating;
}

std::vector<ReplicaStatus> check_replicas(const ReviewedPlan& reviewed,
                                          const Inventory& inventory) {
    const Plan& plan = reviewed.plan;
    assert(inventory.keys.size() == plan.keys.size());
    assert(reviewed.review.verdicts.size() == plan.jobs.size());
    const StatusFinder finder(reviewed, inventory);
    std::vector<ReplicaStatus> statuses;
    statuses.reserve(plan.jobs.size());
    for (JobIndex job = 0; job < plan.jobs.size(); ++job) {
        statuses.push_back(finder.status(job));
    }
    return statuses;
}

std::vector<std::string> groups_without_keys(const Plan& plan) {
    std::vector<bool> has_keys(plan.groups.size());
    for (const PlannedKey& key : plan.keys) {
        has_keys[key.group] = true;
    }
    std::vector<std::string> names;
    for (const Selection& selection : plan.selections) {
        if (!selection.is_resolved) {
            continue;
        }
        const auto group =
            std::find_if(plan.groups.begin(), plan.groups.end(), [&](const PlannedGroup& each) {
                return each.name == selection.group;
            });
        const auto index = static_cast<std::size_t>(group - plan.groups.begin());
        const bool is_new = names.empty() || names.back() != selection.group;
        if (is_new && (group == plan.groups.end() || !has_keys[index])) {
            names.push_back(selection.group);
        }
    }
    return names;
}

CheckVerdict ReplicaCheck::verdict() const noexcept {
    const auto has = [&](ReplicaStatus status) {
        return std::any_of(problems.begin(), problems.end(), [&](const ReplicaProblem& problem) {
            return problem.status == status;
        });
    };
    const bool has_gaps =
        std::any_of(problems.begin(), problems.end(), [](const ReplicaProblem& problem) {
            return is_gap(problem.status);
        });
    if (has_gaps || !empty_groups.empty() || !keys_elsewhere.empty()) {
        return CheckVerdict::gaps;
    }
    if (has(ReplicaStatus::no_response) || unchecked_keys.no_response > 0) {
        return CheckVerdict::no_response;
    }
    if (has(ReplicaStatus::denied) || unchecked_keys.denied > 0 || lacks_accounts) {
        return CheckVerdict::denied;
    }
    return CheckVerdict::complete;
}

ReplicaCheck summarize_check(const ReviewedPlan& reviewed,
                             const std::vector<ReplicaStatus>& statuses,
                             const UncheckedKeyCounts& unchecked_keys) {
    const Plan& plan = reviewed.plan;
    assert(statuses.size() == plan.jobs.size());
    assert(reviewed.review.verdicts.size() == plan.jobs.size());
    ReplicaCheck check;
    check.replicas = plan.jobs.size();
    check.unchecked_keys = unchecked_keys;
    check.keys_elsewhere = plan.keys_elsewhere;
    ProblemList problems;
    for (JobIndex job = 0; job < plan.jobs.size(); ++job) {
        if (statuses[job] == ReplicaStatus::as_specified) {
            ++check.as_specified;
        } else {
            problems.add(job, statuses[job], reviewed.review.verdicts[job].reason);
        }
    }
    check.problems = std::move(problems).in_order();
    return check;
}

std::vector<ReplicaProblem> unsynced_replicas(const ReviewedPlan& reviewed,
                                              const Inventory& inventory,
                                              const std::vector<bool>& changes_state) {
    assert(reviewed.review.verdicts.size() == reviewed.plan.jobs.size());
    assert(changes_state.size() == reviewed.plan.jobs.size());
    const StatusFinder finder(reviewed, inventory);
    ProblemList problems;
    for (JobIndex job = 0; job < reviewed.plan.jobs.size(); ++job) {
        ReplicaStatus status = finder.status(job);
        if (status == ReplicaStatus::unusable && changes_state[job]) {
            status = ReplicaStatus::differs;
        }
        if (status == ReplicaStatus::differs && !finder.is_compared(job)) {
            status = finder.why_not_compared(job);
        }
        if (status != ReplicaStatus::as_specified && status != ReplicaStatus::missing &&
            status != ReplicaStatus::blocked && status != ReplicaStatus::differs) {
            problems.add(job, status, reviewed.review.verdicts[job].reason);
        }
    }
    return std::move(problems).in_order();
}

std::string status_text(const ReplicaProblem& problem) {
    return problem.status == ReplicaStatus::blocked || problem.status == ReplicaStatus::unusable
               ? fmt::format("{} ({})", name_of(problem.status), name_of(problem.reason))
               : std::string(name_of(problem.status));
}

std::string label_of(const ReplicaProblem& problem) {
    return is_gap(problem.status) ? status_text(problem)
                                  : fmt::format("not checked ({})", status_text(problem));
}

std::string_view advice_on(const ReplicaProblem& problem) noexcept {
    switch (problem.status) {
        case ReplicaStatus::missing:
            return "Run keyferry run to create them; if an earlier run failed to create them, add "
                   "--retry-failed.";
        case ReplicaStatus::creating:
        case ReplicaStatus::updating:
            return "KMS usually finishes this within a few minutes. Run the command again later.";
        case ReplicaStatus::primary_moved:
            return advice_on(ActionReason::primary_moved);
        case ReplicaStatus::unreadable:
            return "Compare the policies of the replica and its primary by hand (GetKeyPolicy).";
        case ReplicaStatus::no_response:
            return "Run the command again.";
        case ReplicaStatus::denied:
            return problem.reason == ActionReason::primary_denied ||
                           problem.reason == ActionReason::no_credentials
                       ? advice_on(problem.reason)
                       : "Allow kms:DescribeKey and the calls that the comparison needs in these "
                         "Regions; keyferry permissions --drift prints them.";
        case ReplicaStatus::as_specified:
        case ReplicaStatus::blocked:
        case ReplicaStatus::unusable:
        case ReplicaStatus::differs:
            break;
    }
    return advice_on(problem.reason);
}

}  // namespace keyferry::planner
