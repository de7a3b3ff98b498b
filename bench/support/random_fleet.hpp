// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>
#include <random>
#include <string_view>

namespace keyferry::bench {

/// Kinds of fleets to measure schedules on.
enum class FleetFamily : std::uint8_t {
    usual,  ///< 1 to 40 replica Regions, quotas of 5 to 50 a second, minutes of work
    hard,   ///< quotas of 1 and 2 calls a second, a handful of keys: a call that leaves late shows
};

/// A fleet drawn from a seed: several primary Regions, which hold replicas of each other's keys
/// too; a few groups of keys of very different sizes, each to Regions of its own; an uneven quota
/// for each Region and API; a share of 0.8 or 1. At most about
/// `jobs_max` jobs. The same on every machine.
planner::Plan random_fleet(FleetFamily family, std::uint64_t seed, double jobs_max);

}  // namespace keyferry::bench
