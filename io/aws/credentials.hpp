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

inline constexpr std::size_t kAccessKeyIdBytesMax = 128;      // limit of STS's accessKeyIdType
inline constexpr std::size_t kSecretAccessKeyBytesMax = 256;  // AWS uses 40
inline constexpr std::size_t kSessionTokenBytesMax =
    8192;  // AWS says that token sizes may increase

/// Credentials for signing requests, with a description of their source. Move-only, since they
/// contain secrets.
struct Credentials {
    Credentials() = default;

    std::string access_key_id;
    Secret secret_access_key;
    std::optional<Secret> session_token;
    std::optional<std::chrono::sys_seconds> expires_at;
    std::optional<AccountId> account;  ///< if reported by the source
    std::string source;  ///< for messages: "the environment", "profile 'dr' of /home/a/.aws/config"
};

/// Creates Credentials from untrusted strings after checking that they are safe in request headers
/// (printable ASCII without spaces, within the limits above). The error names the invalid part and
/// contains no secret. If the session token is empty, there is none.
[[nodiscard]] Parsed<Credentials> make_credentials(std::string_view access_key_id,
                                                   std::string_view secret_access_key,
                                                   std::string_view session_token,
                                                   std::string source);

}  // namespace keyferry::io
