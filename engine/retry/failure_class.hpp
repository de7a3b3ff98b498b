// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keyferry::engine {

/// What a failed call shows about the endpoint, the quotas and the credentials, regardless of its
/// job.
enum class FailureClass : std::uint8_t {
    none,          ///< KMS processed the call, and the response concerns only the job or its key
    throttled,     ///< too many requests
    key_quota,     ///< the key quota in the replica's Region is exhausted, or the call was
                   ///< throttled
    server_error,  ///< a 5xx status or an invalid response: reachable, but cannot process the call
    timeout,       ///< sent, but no response before the deadline
    unreachable,   ///< connection refused, reset or not established; transient name lookup failure
    unusable_endpoint,  ///< unknown host, untrusted certificate, or a Region that does not accept
                        ///< the credentials
    no_credentials,     ///< the account's credentials could not be obtained or renewed
    bad_credentials,    ///< AWS rejected the account's credentials or signatures
};
inline constexpr std::size_t kFailureClasses = 9;

/// A description for messages such as "parked: ...".
[[nodiscard]] constexpr std::string_view name_of(FailureClass failure_class) noexcept {
    switch (failure_class) {
        case FailureClass::none:
            return "no failure";
        case FailureClass::throttled:
            return "throttled";
        case FailureClass::key_quota:
            return "key quota exhausted";
        case FailureClass::server_error:
            return "server errors";
        case FailureClass::timeout:
            return "no response in time";
        case FailureClass::unreachable:
            return "unreachable";
        case FailureClass::unusable_endpoint:
            return "endpoint not usable";
        case FailureClass::no_credentials:
            return "no credentials";
        case FailureClass::bad_credentials:
            return "credentials refused";
    }
    return "?";
}

}  // namespace keyferry::engine
