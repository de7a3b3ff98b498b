// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <cstdint>
#include <random>
#include <string_view>

namespace keyferry::bench {

/// Families of fleets for measuring schedules.
enum class FleetFamily : std::uint8_t {
    usual,  ///< 1 to 40 replica Regions, quotas of 5 to 50 per second, minutes of work
    hard,   ///< quotas of 1 and 2 calls per second, few keys: reveals calls that start late
};

/// A random fleet: several primary Regions, which also hold replicas of each other's keys; a few
/// groups of keys of very different sizes, each with different replica Regions; a different quota
/// for each Region and API; a share of 0.8 or 1. At most about `jobs_max` jobs. The same on every
/// machine.
planner::Plan random_fleet(FleetFamily family, std::uint64_t seed, double jobs_max);

}  // namespace keyferry::bench
