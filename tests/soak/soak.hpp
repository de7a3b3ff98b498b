// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace keyferry::soak {

using SoakHours = std::chrono::duration<double, std::ratio<3600>>;

/// The result of one seed.
struct SoakResult {
    std::uint64_t seed = 0;
    std::string digest;  ///< the same for the same seed and hours with any build
    std::chrono::duration<double> virtual_time{0};
    std::size_t jobs = 0;
    std::size_t lives = 0;
    std::uint64_t calls = 0;
    std::string journal;
    std::vector<std::string> violations;  ///< empty on success
};

/// Uses the seed to generate a random fleet and `hours` of failures, then runs the real executor
/// against them in virtual time. Processes are killed, stopped and restarted, as a user might do,
/// until every job that can be done is done. Checks every invariant. `log`, if not empty, receives
/// human-readable progress lines.
SoakResult soak(std::uint64_t seed,
                SoakHours hours,
                const std::function<void(const std::string&)>& log);

}  // namespace keyferry::soak
