// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::engine {

/// What a failed call says about the endpoint, the quotas and the permissions, independent of its
/// job.
enum class FailureClass : std::uint8_t {
    none,         ///< KMS processed the call and its response concerns only the job
    throttled,    ///< too fast
    unreachable,  ///< no response, or a server error (5xx)
    key_quota,    ///< the key quota of the replica's Region is used up (or a throttle)
    denied,       ///< the caller may not create replicas: any, or of this key
};

/// A description for "parked: ...".
[[nodiscard]] constexpr std::string_view name_of(FailureClass failure_class) noexcept {
    switch (failure_class) {
        case FailureClass::none:
            return "no failure";
        case FailureClass::throttled:
            return "throttled";
        case FailureClass::unreachable:
            return "unreachable";
        case FailureClass::key_quota:
            return "KMS key quota used up";
        case FailureClass::denied:
            return "access denied";
    }
    return "?";
}

}  // namespace keyferry::engine
