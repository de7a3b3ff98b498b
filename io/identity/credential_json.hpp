// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/identity/credential_failure.hpp"

#include <chrono>
#include <string>
#include <string_view>

// The JSON in which sources hand out credentials. Messages repeat no value, since it may be a
// secret, but for codes and messages of errors.

namespace keyferry::io {

/// Of a container's agent or an instance's metadata service: AccessKeyId, SecretAccessKey, Token,
/// Expiration, perhaps AccountId; or with status 200 a Code other than "Success" and a Message.
[[nodiscard]] CredentialsOutcome read_metadata_credentials(std::string_view json,
                                                           std::string source);

/// What a credential_process prints: Version 1, AccessKeyId, SecretAccessKey, perhaps SessionToken,
/// Expiration and AccountId.
[[nodiscard]] CredentialsOutcome read_process_credentials(std::string_view json,
                                                          std::string source);

/// Of the SSO portal: roleCredentials with accessKeyId, secretAccessKey, sessionToken, and
/// expiration in milliseconds since 1970.
[[nodiscard]] CredentialsOutcome read_sso_credentials(std::string_view json, std::string source);

/// A token that the AWS CLI keeps of who has signed on.
struct SsoToken {
    Secret access_token;
    std::chrono::sys_seconds expires_at{};
};

/// The AWS CLI's file of such a token: accessToken, expiresAt.
[[nodiscard]] boost::system::result<SsoToken, CredentialFailure> read_sso_token(
    std::string_view json);

/// The message of an error that a source answered with in JSON: its "message" or "Message", else
/// nothing. Printable ASCII, at most 300 bytes.
[[nodiscard]] std::string error_message(std::string_view json);

}  // namespace keyferry::io
