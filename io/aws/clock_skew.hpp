// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace keyferry::io {

/// Corrects the signing time if the local clock is wrong: AWS accepts only signatures within five
/// minutes of its own time.
///
/// The service's clock is trusted only after the service has rejected a signature because of its
/// time. An accepted signature proves that its time was correct, even if the Date header differs:
/// following every Date header would let a proxy with a wrong clock break working requests.
class ClockSkew {
  public:
    /// Minimum difference that is assumed to be the cause of a rejection; the SDKs' limit.
    static constexpr std::chrono::seconds kSkewMin{240};

    /// The correction to add to the local clock; zero until a signature is rejected.
    [[nodiscard]] std::chrono::seconds correction() const noexcept { return correction_; }

    /// Reports that a signature for `signed_at` was rejected as invalid or because of its time, at
    /// `server_time` on the service's clock and `local_time` on the local clock. Returns whether
    /// clock skew was the cause; correction() then follows the service's clock, and a new signature
    /// may succeed.
    bool refused(std::chrono::sys_seconds signed_at,
                 std::chrono::sys_seconds server_time,
                 std::chrono::sys_seconds local_time) noexcept;

  private:
    std::chrono::seconds correction_{0};
};

/// Extracts the service's time from the message "Signature expired: 20261127T120000Z is now earlier
/// than 20261127T125500Z (20261127T130000Z - 5 min.)", for rejections without a Date header;
/// nullopt if the message contains none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> server_time_in(std::string_view message);

}  // namespace keyferry::io
