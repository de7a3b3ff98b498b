// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::soak {

/// The random number generator of a soak. The same seed gives the same values with every compiler
/// and library, so this class does not use the standard library's distributions and shuffles.
class Dice {
  public:
    Dice(std::uint64_t seed, std::string_view purpose) : random_(seed, purpose) {}

    /// 0 to `sides` - 1; `sides` > 0.
    std::size_t below(std::size_t sides) {
        return static_cast<std::size_t>(random_.next() % sides);
    }

    /// Inclusive at both ends.
    std::size_t between(std::size_t least, std::size_t most) {
        return least + below(most - least + 1);
    }

    bool chance(double probability) { return random_.fraction() < probability; }
    double fraction() { return random_.fraction(); }
    std::uint64_t seed() { return random_.next(); }

    std::chrono::milliseconds duration(std::chrono::milliseconds least,
                                       std::chrono::milliseconds most) {
        const std::chrono::nanoseconds drawn =
            random_.within(simulator::DurationRange{least, most});
        return std::chrono::duration_cast<std::chrono::milliseconds>(drawn);
    }

    /// A whole number of milliseconds, from the start of virtual time up to `end`.
    io::Moment moment_before(io::Moment end) {
        return io::Moment{} + duration(std::chrono::milliseconds{0},
                                       std::chrono::duration_cast<std::chrono::milliseconds>(
                                           end.time_since_epoch()));
    }

    template <typename Value>
    const Value& one_of(const std::vector<Value>& values) {
        return values[below(values.size())];
    }

    template <typename Value>
    void shuffle(std::vector<Value>& values) {
        for (std::size_t i = values.size(); i > 1; --i) {
            std::swap(values[i - 1], values[below(i)]);
        }
    }

    /// `count` of the values, or all if there are fewer, in random order.
    template <typename Value>
    std::vector<Value> some_of(std::vector<Value> values, std::size_t count) {
        shuffle(values);
        values.resize(std::min(count, values.size()));
        return values;
    }

  private:
    simulator::SeededRandom random_;
};

}  // namespace keyferry::soak
