// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/aws/secret.hpp"
#include "io/names/region.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

// STS requests in AWS's Query protocol: the body of a POST request is a form. AssumeRole and
// GetCallerIdentity are signed. AssumeRoleWithWebIdentity is not, because the token authenticates
// the request.

namespace keyferry::io {

/// Parameters of AssumeRole. Empty strings are omitted.
struct AssumeRoleRequest {
    AssumeRoleRequest(std::string role_arn_, std::string session_name_)
        : role_arn(std::move(role_arn_)), session_name(std::move(session_name_)) {}

    std::string role_arn;
    std::string session_name;  ///< 2 to 64 characters of [\w+=,.@-]
    std::string external_id;
    std::string session_policy;                    ///< JSON; restricts the role's permissions
    std::optional<std::chrono::seconds> duration;  ///< 900 to 43,200; STS's default is one hour
};

/// Parameters of AssumeRoleWithWebIdentity. Move-only, because the token is a secret.
struct WebIdentityRequest {
    WebIdentityRequest(std::string role_arn_, std::string session_name_, Secret token_)
        : role_arn(std::move(role_arn_)),
          session_name(std::move(session_name_)),
          token(std::move(token_)) {}

    std::string role_arn;
    std::string session_name;
    Secret token;
    std::optional<std::chrono::seconds> duration;
};

/// The encoded form: "Action=...&Version=2011-06-15&...".
[[nodiscard]] std::string form_of(const AssumeRoleRequest& request);
[[nodiscard]] Secret form_of(const WebIdentityRequest& request);
[[nodiscard]] std::string caller_identity_form();

/// Encodes `text` as a form value: every byte except unreserved characters becomes %XX.
[[nodiscard]] std::string form_encoded(std::string_view text);

/// Builds a complete HTTP/1.1 request with `form` as its body, signed with `caller` for STS in
/// `region` at `now`; unsigned if `caller` is null.
[[nodiscard]] Secret sts_request(const Endpoint& endpoint,
                                 const Region& region,
                                 const Credentials* caller,
                                 std::string_view form,
                                 std::chrono::sys_seconds now,
                                 std::string_view user_agent);

}  // namespace keyferry::io
