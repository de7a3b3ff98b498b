#pragma once

#include "planner/key_content.hpp"
#include "planner/plan.hpp"
#include "planner/plan_review.hpp"

#include <cstdint>

namespace keyferry {

/// Of which parts the spec says something for the replicas of the key with index `key`: a value, or
/// that the primary's is copied. Not of a policy that is "default": KMS words that one itself.
CopiedParts stated_parts(const Plan& plan, std::uint32_t key);

/// SyncStep bits of the parts in which a replica that has `seen` differs from what the plan says of
/// it; 0 where it says the same. Policies are compared by what they say, not by their bytes. A
/// replica may have tags besides those that are stated. Where what is copied of the primary is not
/// known, nothing is compared.
std::uint8_t drift_of(const Plan& plan, const Job& job, const KeyContent& seen);

}  // namespace keyferry
