// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/soak/failures.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace keyferry::soak {

/// Provides the interruptions of a soak, one per process.
class Interruptions {
  public:
    /// `all` must be ordered by time and outlive this.
    explicit Interruptions(const std::vector<Interruption>& all) : all_(all) {}

    /// Returns the next one after `now`. Interruptions at times when no process was running are
    /// skipped.
    std::optional<Interruption> next(io::Moment now) {
        while (used_ < all_.size()) {
            const Interruption& next = all_[used_++];
            if (next.at > now) {
                return next;
            }
        }
        return std::nullopt;
    }

    /// If the process ended at `now`, before `interruption`, keeps the interruption for a later
    /// process.
    void keep_for_later(const std::optional<Interruption>& interruption, io::Moment now) {
        if (interruption && now < interruption->at) {
            --used_;
        }
    }

  private:
    const std::vector<Interruption>& all_;
    std::size_t used_ = 0;
};

}  // namespace keyferry::soak
