// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::soak {

/// A request quota of the simulated KMS.
struct KmsQuota {
    io::AccountRegion place;
    io::KmsApi api;
    std::uint32_t quota_per_s;
};

/// The fleet of a soak.
struct SoakFleet {
    planner::Plan plan;
    /// The plan's quotas, reduced in some Regions, where other callers use a part of them.
    std::vector<KmsQuota> quotas;
    std::chrono::nanoseconds hot_key_spacing{0};
    /// The time for the plan's calls at the plan's rates without failures, excluding Creating.
    std::chrono::duration<double> least_time{0};
};

/// Generates a random fleet whose run takes at most `hours`. It has 1 to 3 primary
/// Regions, 1 to 20 replica Regions, uneven quotas and any quota share.
SoakFleet draw_fleet(std::uint64_t seed, std::chrono::duration<double, std::ratio<3600>> hours);

/// Sets the run's limits to their defaults, with which it can handle failures that last several
/// minutes.
void use_default_patience(SoakFleet& fleet);

/// A one-line description.
std::string description(const SoakFleet& fleet);

}  // namespace keyferry::soak
