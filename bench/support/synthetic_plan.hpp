// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>
#include <vector>

namespace keyferry::bench {

/// `keys` keys of one primary Region, each replicated to the same Regions. Regions are numbers.
struct SyntheticKeys {
    std::uint32_t primary = 0;
    std::uint32_t keys = 0;
    std::vector<std::uint32_t> replicas;  ///< distinct, without the primary
};

/// "us-made-07": a nonexistent Region.
io::Region synthetic_region(std::uint32_t number);

/// The account of all keys.
const io::AccountId& synthetic_account();

/// The plan that make_plan would create from a spec of these keys, with KMS's default policy and no
/// tags.
planner::Plan synthetic_plan(std::vector<SyntheticKeys> fleet, const planner::Limits& limits);

}  // namespace keyferry::bench
