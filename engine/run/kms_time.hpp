// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace keyferry::engine {

/// How far KMS's clock is ahead of this machine's, from the dates of its answers. A replica's
/// creation date is by KMS's clock and our record of sending by ours: to tell whether the one came
/// before the other, both must be by the same.
class KmsTime {
  public:
    /// An answer of KMS with this date in its head (whole seconds, so up to a second old) to a call
    /// that left at `asked` and was answered by `heard`.
    void heard_date(std::chrono::sys_seconds date,
                    io::WallTime asked,
                    io::WallTime heard) noexcept {
        using std::chrono::milliseconds;
        const milliseconds least = date - heard;
        const milliseconds most = date + std::chrono::seconds(1) - std::min(asked, heard);
        ahead_ = std::clamp(milliseconds(0), least, most);
    }

    /// The difference nearest to zero that agrees with the last answer; nothing before the first.
    [[nodiscard]] std::optional<std::chrono::milliseconds> ahead() const noexcept { return ahead_; }

  private:
    std::optional<std::chrono::milliseconds> ahead_;
};

}  // namespace keyferry::engine
