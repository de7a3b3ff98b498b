// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/key_content.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/reviewed_plan.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {

/// Returns the parts that the spec sets for the replicas of the key with index `key`, as a value or
/// as a copy of the primary's. Excludes the policy "default", whose text is KMS's own.
[[nodiscard]] CopiedParts stated_parts(const Plan& plan, std::uint32_t key);

/// Returns the sorted alias names that the replica of `job` should have. Returns nullopt if they
/// are copied from the primary and `inventory` does not have the primary's aliases.
[[nodiscard]] std::optional<std::vector<std::string>> wanted_aliases(const Plan& plan,
                                                                     const Job& job,
                                                                     const Inventory& inventory);

/// Returns the aliases that the replica should have and does not have. `seen` is the replica's
/// current content. The result is empty if it is unknown which aliases the replica should have.
[[nodiscard]] std::vector<std::string> missing_aliases(const Plan& plan,
                                                       const Job& job,
                                                       const Inventory& inventory,
                                                       const ReplicaContent& seen);

/// Returns the alias names that the spec sets for more than one key in the same account and Region.
/// An alias can refer to only one key, so the result would depend on the order of the calls.
[[nodiscard]] std::set<std::pair<io::AccountRegion, std::string>> shared_aliases(
    const Plan& plan, const Inventory& inventory);

/// Returns the tags that the plan sets for the replica of `job` and that are missing or have
/// another value. The result is empty if the tags to copy from the primary are unknown.
[[nodiscard]] std::vector<io::Tag> missing_tags(const Plan& plan,
                                                const Job& job,
                                                const KeyContent& seen);

/// Returns whether the replica of `job` was compared with everything that the plan sets. Returns
/// false if the replica is neither Enabled nor Disabled, if its primary has moved, or if something
/// could not be read.
[[nodiscard]] bool is_compared(const ReviewedPlan& reviewed,
                               const Inventory& inventory,
                               JobIndex job);

/// Returns the SyncStep bits of the parts in which the replica content `seen` differs from the
/// plan, without sync_enabled; 0 if it does not differ. Policies are compared by meaning, not byte
/// by byte. A replica may have additional tags and aliases. Copied parts are compared only if the
/// primary's values are known, from plan.contents and, for aliases, from `inventory`.
[[nodiscard]] std::uint8_t drift_of(const Plan& plan,
                                    const Job& job,
                                    const Inventory& inventory,
                                    const ReplicaContent& seen);

}  // namespace keyferry::planner
