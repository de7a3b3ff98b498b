// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/values/duration_range.hpp"

#include <chrono>
#include <cstdint>

namespace keyferry::simulator {

struct KmsModelSettings {
    std::uint64_t seed = 1;
    /// How many times the simulator has been started with this state file, including this time. IDs
    /// and other random numbers differ between starts.
    std::uint64_t start = 1;
    /// How long a new replica stays in the Creating state. The AWS documentation says "a few
    /// seconds", but it can take minutes.
    DurationRange creating{std::chrono::seconds{2}, std::chrono::seconds{6}};
    /// How long the old and the new primary stay in the Updating state. The AWS documentation says
    /// "a few seconds".
    DurationRange updating{std::chrono::seconds{2}, std::chrono::seconds{6}};
    /// Eventual consistency: how long reads may return the previous state after a change. New keys
    /// and aliases are not found during this time. 0, the default, disables this.
    DurationRange stale{std::chrono::seconds{0}, std::chrono::seconds{0}};
    /// Maximum number of KMS keys per account and Region, in any state. KMS's default is 100,000.
    std::uint64_t keys_per_region_max = 100'000;
    /// Minimum interval between state-changing calls on one key. Calls that are closer together are
    /// throttled, regardless of the quotas (KMS calls this a "hot key"; its limits are not
    /// documented). 0 disables this.
    std::chrono::nanoseconds hot_key_spacing{0};
    /// Whether to reject Regions that did not exist when keyferry was built and are probably typos.
    bool known_regions_only = false;

    /// The seed for the random numbers of this start.
    [[nodiscard]] std::uint64_t random_seed() const noexcept {
        constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15U;  // distributes the seeds
        return seed ^ ((start - 1) * kGoldenRatio);
    }
};

}  // namespace keyferry::simulator
