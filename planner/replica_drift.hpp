#pragma once

#include "planner/inventory.hpp"
#include "planner/key_content.hpp"
#include "planner/plan.hpp"
#include "planner/plan_review.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry {

/// Of which parts the spec says something for the replicas of the key with index `key`: a value, or
/// that the primary's is copied. Not of a policy that is "default": KMS words that one itself.
CopiedParts stated_parts(const Plan& plan, std::uint32_t key);

/// Names of the aliases that the replica of `job` is to have, sorted. Nothing where they are the
/// primary's and `inventory` does not have those.
std::optional<std::vector<std::string>> wanted_aliases(const Plan& plan,
                                                       const Job& job,
                                                       const Inventory& inventory);

/// Of those the ones that it lacks, `seen` being what it has; empty where they are not known.
std::vector<std::string> missing_aliases(const Plan& plan,
                                         const Job& job,
                                         const Inventory& inventory,
                                         const ReplicaContent& seen);

/// Of the tags that the plan states for the replica of `job` those that it lacks or has with
/// another value; empty where what is copied of the primary is not known.
std::vector<Tag> missing_tags(const Plan& plan, const Job& job, const KeyContent& seen);

/// SyncStep bits of the parts in which a replica that has `seen` differs from what the plan says of
/// it; 0 where it says the same. Policies are compared by what they say, not by their bytes. A
/// replica may have tags and aliases besides those that are stated. Of the parts that are copied,
/// those are compared of which it is known what the primary has: plan.contents, and for aliases
/// `inventory`.
std::uint8_t drift_of(const Plan& plan,
                      const Job& job,
                      const Inventory& inventory,
                      const ReplicaContent& seen);

}  // namespace keyferry
