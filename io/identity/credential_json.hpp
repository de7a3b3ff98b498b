// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/identity/credential_failure.hpp"

#include <chrono>
#include <string>
#include <string_view>

// Parsers for the JSON of credential sources. Errors contain no values from the JSON except error
// codes and messages, since other values may be secrets.

namespace keyferry::io {

/// Parses a response of the container credentials endpoint or the instance metadata service:
/// AccessKeyId, SecretAccessKey, Token, Expiration and optionally AccountId. Even a response with
/// status 200 may report an error: a Code other than "Success" and a Message.
[[nodiscard]] CredentialsOutcome read_metadata_credentials(std::string_view json,
                                                           std::string source);

/// Parses the output of a credential_process: Version 1, AccessKeyId, SecretAccessKey and
/// optionally SessionToken, Expiration and AccountId.
[[nodiscard]] CredentialsOutcome read_process_credentials(std::string_view json,
                                                          std::string source);

/// Parses a response of the SSO portal: roleCredentials with accessKeyId, secretAccessKey,
/// sessionToken, and expiration in milliseconds since 1970.
[[nodiscard]] CredentialsOutcome read_sso_credentials(std::string_view json, std::string source);

/// An SSO token cached by the AWS CLI.
struct SsoToken {
    Secret access_token;
    std::chrono::sys_seconds expires_at{};
};

/// Parses the AWS CLI's token file, which contains accessToken and expiresAt.
[[nodiscard]] boost::system::result<SsoToken, CredentialFailure> read_sso_token(
    std::string_view json);

/// Returns the message of a JSON error response ("message" or "Message"), or an empty string if
/// there is none. The result is printable ASCII and has at most 300 bytes.
[[nodiscard]] std::string error_message(std::string_view json);

}  // namespace keyferry::io
