// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace keyferry::io {

/// Corrects the signing time if the local clock is wrong. AWS accepts a signature only if its time
/// is within five minutes of AWS's own time.
///
/// The service's clock is used only after the service has rejected a signature because of its time.
/// If a signature is accepted, its time was correct, even if the response's Date header differs. If
/// every Date header were trusted, a proxy with a wrong clock could cause valid requests to fail.
class ClockSkew {
  public:
    /// Smaller differences are not considered the cause of a rejection. The SDKs use the same
    /// limit.
    static constexpr std::chrono::seconds kSkewMin{240};

    /// The correction to add to the local clock; zero until a signature is rejected.
    [[nodiscard]] std::chrono::seconds correction() const noexcept { return correction_; }

    /// Reports that a signature for the time `signed_at` was rejected, as invalid or because of its
    /// time, at `server_time` on the service's clock and `local_time` on the local clock. Returns
    /// whether clock skew was the cause. If so, correction() now corresponds to the service's
    /// clock, and a new signature may succeed.
    bool refused(std::chrono::sys_seconds signed_at,
                 std::chrono::sys_seconds server_time,
                 std::chrono::sys_seconds local_time) noexcept;

  private:
    std::chrono::seconds correction_{0};
};

/// Extracts the service's time, here 20261127T130000Z, from a message such as "Signature expired:
/// 20261127T120000Z is now earlier than 20261127T125500Z (20261127T130000Z - 5 min.)". Used for
/// rejections without a Date header. Returns nullopt if the message does not contain the time.
[[nodiscard]] std::optional<std::chrono::sys_seconds> server_time_in(std::string_view message);

}  // namespace keyferry::io
