// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::soak {

/// A request quota as the simulated KMS has it.
struct KmsQuota {
    io::AccountRegion place;
    io::KmsApi api;
    std::uint32_t quota_per_s;
};

/// What a soak works on.
struct SoakFleet {
    planner::Plan plan;
    /// The plan's quotas, but lower at some places: there others use a part of them.
    std::vector<KmsQuota> quotas;
    std::chrono::nanoseconds hot_key_spacing{0};
    /// What the plan's calls need at the plan's rates and without any trouble, without Creating.
    std::chrono::duration<double> least_time{0};
};

/// Draws a fleet that keeps a run busy for a part of `hours`: 1 to 3 primary Regions, 1 to 20
/// Regions, uneven quotas, any share.
SoakFleet draw_fleet(std::uint64_t seed, std::chrono::duration<double, std::ratio<3600>> hours);

/// One line for people.
std::string description(const SoakFleet& fleet);

}  // namespace keyferry::soak
