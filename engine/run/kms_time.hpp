// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace keyferry::engine {

/// A simultaneous reading of this machine's clocks.
struct ClockReading {
    explicit ClockReading(const io::Clock& clock) : wall(clock.wall_now()), now(clock.now()) {}
    ClockReading(io::WallTime wall_, io::Moment now_) : wall(wall_), now(now_) {}
    io::WallTime wall;
    io::Moment now;
};

/// Estimates how far KMS's clock is ahead of this machine's clock, using the Date headers of
/// responses. A replica's creation date is on KMS's clock, but send times are recorded on ours. To
/// compare them, the difference between the clocks must be known.
class KmsTime {
  public:
    /// Records the Date header of the response to a call that was sent at `sent` and whose response
    /// arrived at `received`. The header is in whole seconds, so it may be up to a second old.
    /// Ignores the header if the wall clock was adjusted between the two times.
    void record_date(std::chrono::sys_seconds date,
                     const ClockReading& sent,
                     const ClockReading& received) noexcept {
        using std::chrono::milliseconds;
        if (was_set_between(sent, received)) {
            return;
        }
        const milliseconds least = date - received.wall;
        const milliseconds most =
            date + std::chrono::seconds(1) - std::min(sent.wall, received.wall);
        ahead_ = std::clamp(milliseconds(0), least, most);
        measured_at_ = received;
    }

    /// The difference closest to zero that is consistent with the last response; nullopt before the
    /// first response or if the wall clock has been adjusted since the last one.
    [[nodiscard]] std::optional<std::chrono::milliseconds> ahead(
        const ClockReading& at) const noexcept {
        return measured_at_ && !was_set_between(*measured_at_, at) ? std::optional(ahead_)
                                                                   : std::nullopt;
    }

  private:
    /// Whether the wall clock was adjusted between the two readings, that is, whether it advanced
    /// by a different amount than the steady clock. Also true if the machine was asleep in between.
    static bool was_set_between(const ClockReading& from, const ClockReading& until) noexcept {
        return std::chrono::abs((until.wall - from.wall) - (until.now - from.now)) >
               std::chrono::seconds(1);
    }

    std::chrono::milliseconds ahead_{0};
    std::optional<ClockReading> measured_at_;
};

}  // namespace keyferry::engine
