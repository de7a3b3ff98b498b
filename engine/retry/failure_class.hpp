// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::engine {

/// What an answer, or none, says about the way that the call went, whatever it means for its job.
enum class FailureClass : std::uint8_t {
    none,         ///< KMS has heard the call and answered it for what it was
    throttled,    ///< too fast
    unreachable,  ///< no answer, or one of a server in trouble (5xx)
    key_quota,    ///< the quota of KMS keys in the replica's Region is used up (or a throttle)
    denied,       ///< the caller may not make replicas: all of them, or of this key
};

/// In words that go into "parked: ...".
[[nodiscard]] constexpr std::string_view name_of(FailureClass trouble) noexcept {
    switch (trouble) {
        case FailureClass::none:
            return "no trouble";
        case FailureClass::throttled:
            return "throttled";
        case FailureClass::unreachable:
            return "out of reach";
        case FailureClass::key_quota:
            return "quota of KMS keys used up";
        case FailureClass::denied:
            return "access denied";
    }
    return "?";
}

}  // namespace keyferry::engine
