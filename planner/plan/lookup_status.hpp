// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace keyferry::planner {

/// The result of looking up something in KMS.
enum class LookupStatus : std::uint8_t {
    not_requested,   ///< KMS was not queried
    found,           ///< KMS described it
    absent,          ///< it does not exist in the Region
    denied,          ///< access denied
    no_credentials,  ///< the account has no credentials, or AWS refuses them
    no_response,     ///< no attempt received a valid response
    unreadable,      ///< a policy that cannot be parsed
};

/// "not requested", "found", ...
[[nodiscard]] std::string_view name_of(LookupStatus status) noexcept;

}  // namespace keyferry::planner
