// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <chrono>
#include <utility>

namespace keyferry::simulator {

/// Wraps a clock and adds an offset to its wall time only. The offset may be negative, and may
/// change at any time. Simulates the KMS clock as seen by a client whose clock is wrong.
class ShiftedClock final : public io::Clock {
  public:
    /// Both must outlive this.
    ShiftedClock(io::Clock& clock, const std::chrono::milliseconds& ahead)
        : clock_(clock), ahead_(ahead) {}

    [[nodiscard]] io::Moment now() const noexcept override { return clock_.now(); }
    [[nodiscard]] io::WallTime wall_now() const noexcept override {
        return clock_.wall_now() + ahead_;
    }

  private:
    void start_sleep(io::Moment when, SleepHandler handler) override {
        clock_.sleep_until(when, std::move(handler));
    }

    io::Clock& clock_;
    const std::chrono::milliseconds& ahead_;
};

}  // namespace keyferry::simulator
