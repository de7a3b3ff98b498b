// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"
#include "planner/text/shared_text.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::planner {

/// The changes that bring an existing replica in line with the spec, and its current values.
struct ReplicaSync {
    JobIndex job = 0;
    std::optional<std::string> description;  ///< new value
    std::string description_now;
    std::vector<io::Tag> tags;  ///< to add or change; sync removes no tags
    std::vector<io::Tag> tags_now;
    std::vector<std::string> aliases;   ///< to create; sync moves and removes no aliases
    std::optional<std::string> policy;  ///< new value
    SharedText policy_now;
    std::optional<bool>
        bypass_policy_lockout_safety_check;  ///< parameter of PutKeyPolicy, as for ReplicateKey

    /// Returns the number of calls that the changes need, not counting retries.
    [[nodiscard]] std::uint64_t calls() const noexcept;
};

/// Returns the changes for the replica of `job`, limited to `parts` (SyncStep bits). `inventory`
/// must contain the replica, and `plan` the values to copy.
[[nodiscard]] ReplicaSync replica_sync(const Plan& plan,
                                       const Inventory& inventory,
                                       const PlanReview& review,
                                       JobIndex job,
                                       std::uint8_t parts);

/// Returns the jobs whose replicas differ in one of `parts`, in the order of the plan.
[[nodiscard]] std::vector<JobIndex> jobs_to_sync(const PlanReview& review, std::uint8_t parts);

// SYNC_RECORD.md describes the sync record.
inline constexpr std::string_view kSyncRecordFormat = "keyferry-sync";
inline constexpr int kSyncRecordVersion = 1;

/// Writes the record in pieces. `made` is a UTC time such as "2026-11-24T18:00:00.000Z".
void write_sync_record(const Plan& plan,
                       const std::vector<ReplicaSync>& syncs,
                       std::string_view tool,
                       std::string_view made,
                       const std::function<void(std::string_view piece)>& sink);

/// Returns the record's line for one replica, without a line feed.
[[nodiscard]] std::string sync_record_line(const Plan& plan, const ReplicaSync& sync);

/// Returns the changes as text for people: the replica and one line per change. Texts from KMS and
/// the spec are quoted with control characters escaped. Policies are shown by size only.
[[nodiscard]] std::string sync_text(const Plan& plan, const ReplicaSync& sync);

}  // namespace keyferry::planner
