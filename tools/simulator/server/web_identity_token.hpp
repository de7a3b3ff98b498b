// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string_view>

namespace keyferry::simulator {

/// Returns STS's error if a web identity token is a JSON Web Token that has expired (RFC 7519,
/// "exp"); other tokens do not expire. The signature of the token is not checked.
[[nodiscard]] std::optional<KmsRefusal> check_token_expiry(std::string_view token,
                                                           io::WallTime now);

}  // namespace keyferry::simulator
