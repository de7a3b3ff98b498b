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

/// What makes a replica that exists what the spec says of it, and what it has now.
struct ReplicaSync {
    JobIndex job = 0;
    std::optional<std::string> description;  ///< to be
    std::string description_now;
    std::vector<io::Tag> tags;  ///< to be added, or given another value; none is taken away
    std::vector<io::Tag> tags_now;
    std::vector<std::string> aliases;   ///< to be made; none is moved or taken away
    std::optional<std::string> policy;  ///< to be
    SharedText policy_now;
    std::optional<bool>
        bypass_policy_lockout_safety_check;  ///< of PutKeyPolicy, as of ReplicateKey

    /// How many calls it takes at least.
    [[nodiscard]] std::uint64_t calls() const noexcept;
};

/// Of the replica of `job` those of its differences that `parts` (SyncStep bits) asks for.
/// `inventory` has it, and `plan` what it copies.
[[nodiscard]] ReplicaSync replica_sync(const Plan& plan,
                                       const Inventory& inventory,
                                       const PlanReview& review,
                                       JobIndex job,
                                       std::uint8_t parts);

/// The replicas that differ in one of `parts`, in the order of the plan.
[[nodiscard]] std::vector<JobIndex> jobs_to_sync(const PlanReview& review, std::uint8_t parts);

// The record of a sync: what each replica had and is to have, JSON Lines, so that jq and grep read
// it and a change can be taken back. In this order:
//
//     {"format":"keyferry-sync","version":1,"tool":"keyferry
//     0.1.0","made":"2026-11-24T18:00:00.000Z",
//      "fleet":"payments","replicas":2}
//     {"key":"arn:aws:kms:eu-west-1:111122223333:key/mrk-...",
//      "description":{"from":"old","to":"new"},
//      "tags":[{"key":"team","from":null,"to":"cards"}],
//      "aliases":["alias/orders"],
//      "policy":{"from":"{...}","to":"{...}"}}
//     {"end":true}
//
// A replica's line has the parts that are changed, and no others. It says what was meant, not what
// became of it: who wants to know that looks (keyferry plan --drift).

inline constexpr std::string_view kSyncRecordFormat = "keyferry-sync";
inline constexpr int kSyncRecordVersion = 1;

/// Writes the record piece by piece. `made`: UTC, "2026-11-24T18:00:00.000Z".
void write_sync_record(const Plan& plan,
                       const std::vector<ReplicaSync>& syncs,
                       std::string_view tool,
                       std::string_view made,
                       const std::function<void(std::string_view piece)>& sink);

/// The line of one replica, without a line feed.
[[nodiscard]] std::string sync_record_line(const Plan& plan, const ReplicaSync& sync);

/// For people: the replica, and a line for each change. The texts of KMS and of the spec are in
/// quotes and printable; policies are told by their size.
[[nodiscard]] std::string sync_text(const Plan& plan, const ReplicaSync& sync);

}  // namespace keyferry::planner
