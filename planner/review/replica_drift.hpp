// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/key_content.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {

/// Of which parts the spec says something for the replicas of the key with index `key`: a value, or
/// that the primary's is copied. Not of a policy that is "default": KMS words that one itself.
[[nodiscard]] CopiedParts stated_parts(const Plan& plan, std::uint32_t key);

/// Names of the aliases that the replica of `job` is to have, sorted. Nothing where they are the
/// primary's and `inventory` does not have those.
[[nodiscard]] std::optional<std::vector<std::string>> wanted_aliases(const Plan& plan,
                                                                     const Job& job,
                                                                     const Inventory& inventory);

/// Of those the ones that it lacks, `seen` being what it has; empty where they are not known.
[[nodiscard]] std::vector<std::string> missing_aliases(const Plan& plan,
                                                       const Job& job,
                                                       const Inventory& inventory,
                                                       const ReplicaContent& seen);

/// Names that are wanted for more than one key of an account and Region, and can belong to one
/// alone: which of them had it would be a matter of order.
[[nodiscard]] std::set<std::pair<io::AccountRegion, std::string>> shared_aliases(
    const Plan& plan, const Inventory& inventory);

/// Of the tags that the plan states for the replica of `job` those that it lacks or has with
/// another value; empty where what is copied of the primary is not known.
[[nodiscard]] std::vector<io::Tag> missing_tags(const Plan& plan,
                                                const Job& job,
                                                const KeyContent& seen);

/// Whether the replica of `job` was compared with all that the plan says of it. Not where it is not
/// usable, its primary has moved, or something could not be seen.
[[nodiscard]] bool is_compared(const Plan& plan,
                               const Inventory& inventory,
                               const PlanReview& review,
                               JobIndex job);

/// SyncStep bits of the parts in which a replica that has `seen` differs from what the plan says of
/// it; 0 where it says the same. Policies are compared by what they say, not by their bytes. A
/// replica may have tags and aliases besides those that are stated. Of the parts that are copied,
/// those are compared of which it is known what the primary has: plan.contents, and for aliases
/// `inventory`.
[[nodiscard]] std::uint8_t drift_of(const Plan& plan,
                                    const Job& job,
                                    const Inventory& inventory,
                                    const ReplicaContent& seen);

}  // namespace keyferry::planner
