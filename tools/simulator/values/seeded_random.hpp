// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/values/duration_range.hpp"
#include "tools/simulator/values/fnv1a.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>

namespace keyferry::simulator {

/// Random numbers that depend only on the seed, not on the machine. Each purpose (`stream`) has a
/// separate sequence, so that enabling one fault does not change the sequences of the others. The
/// standard library's distributions are not used because their results differ between
/// implementations.
class SeededRandom {
  public:
    SeededRandom(std::uint64_t seed, std::string_view stream) : engine_(mixed(seed, stream)) {}

    std::uint64_t next() { return engine_(); }

    /// Uniformly distributed in [0, 1).
    double fraction() {
        constexpr int kDroppedBits = 11;  // leaves the 53 bits of a double's mantissa
        constexpr double kStep = 0x1.0p-53;
        return static_cast<double>(next() >> kDroppedBits) * kStep;
    }

    /// Uniformly distributed over the range, including both ends.
    std::chrono::nanoseconds within(const DurationRange& range) {
        const auto span = static_cast<double>((range.max - range.min).count()) + 1.0;
        const auto offset = static_cast<std::chrono::nanoseconds::rep>(fraction() * span);
        return std::min(range.min + std::chrono::nanoseconds{offset}, range.max);
    }

  private:
    [[nodiscard]] static std::uint64_t mixed(std::uint64_t seed, std::string_view stream) {
        return seed ^ fnv1a_64(stream);
    }

    std::mt19937_64 engine_;
};

}  // namespace keyferry::simulator
