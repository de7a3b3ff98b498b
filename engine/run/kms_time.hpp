// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace keyferry::engine {

/// Estimates how far KMS's clock is ahead of this machine's from the Date headers of responses. A
/// replica's creation date uses KMS's clock, our record of sending uses ours; comparing them
/// requires a common clock.
class KmsTime {
  public:
    /// Records the Date header of a response (whole seconds, so up to a second old) to a call sent
    /// at `sent_at` whose response arrived at `received_at`.
    void record_date(std::chrono::sys_seconds date,
                     io::WallTime sent_at,
                     io::WallTime received_at) noexcept {
        using std::chrono::milliseconds;
        const milliseconds least = date - received_at;
        const milliseconds most = date + std::chrono::seconds(1) - std::min(sent_at, received_at);
        ahead_ = std::clamp(milliseconds(0), least, most);
    }

    /// The difference closest to zero that is consistent with the last response; nullopt before the
    /// first one.
    [[nodiscard]] std::optional<std::chrono::milliseconds> ahead() const noexcept { return ahead_; }

  private:
    std::optional<std::chrono::milliseconds> ahead_;
};

}  // namespace keyferry::engine
