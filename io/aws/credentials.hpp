// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/secret.hpp"
#include "io/names/account_id.hpp"
#include "io/names/parsed.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::io {

inline constexpr std::size_t kAccessKeyIdBytesMax = 128;      // STS's accessKeyIdType
inline constexpr std::size_t kSecretAccessKeyBytesMax = 256;  // AWS's have 40
inline constexpr std::size_t kSessionTokenBytesMax = 8192;    // AWS warns that they may grow

/// What signs requests, and where it was found. Move-only, because its secrets are.
struct Credentials {
    Credentials() = default;

    std::string access_key_id;
    Secret secret_access_key;
    std::optional<Secret> session_token;
    std::optional<std::chrono::sys_seconds> expires_at;
    std::optional<AccountId> account;  ///< where the source names it
    std::string source;  ///< in words: "the environment", "profile 'dr' of /home/a/.aws/config"
};

/// Makes Credentials of texts from outside after checking that they can stand in a request head
/// (printable ASCII without spaces, the limits above). The problem's text names the part that is
/// wrong and repeats no secret. An empty session token is none.
[[nodiscard]] Parsed<Credentials> make_credentials(std::string_view access_key_id,
                                                   std::string_view secret_access_key,
                                                   std::string_view session_token,
                                                   std::string source);

}  // namespace keyferry::io
