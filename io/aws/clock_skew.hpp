// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace keyferry::io {

/// The time to sign by, where this machine's clock is wrong: AWS takes signatures of five minutes
/// around its own time, and no others.
///
/// It believes a service's clock only when the service has refused a signature for its age. A
/// signature that was accepted proves the time that it was made with, whatever the Date beside it
/// says: following every Date would let a proxy with a wrong clock spoil what works.
class ClockSkew {
  public:
    /// Differences from here on are taken for the reason of a refusal; the SDKs' limit.
    static constexpr std::chrono::seconds kSkewMin{240};

    /// What is to be added to this machine's clock; zero before any refusal.
    [[nodiscard]] std::chrono::seconds correction() const noexcept { return correction_; }

    /// A signature made for `signed_at` was refused as invalid or of the wrong time, at
    /// `server_time` by the service's clock and `local_time` by this machine's. Whether time is the
    /// reason: then correction() is set by the service's clock, and a new signature may do.
    bool refused(std::chrono::sys_seconds signed_at,
                 std::chrono::sys_seconds server_time,
                 std::chrono::sys_seconds local_time) noexcept;

  private:
    std::chrono::seconds correction_{0};
};

/// The service's time in its message "Signature expired: 20261127T120000Z is now earlier than
/// 20261127T125500Z (20261127T130000Z - 5 min.)", for refusals without a Date; nothing where there
/// is none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> server_time_in(std::string_view message);

}  // namespace keyferry::io
