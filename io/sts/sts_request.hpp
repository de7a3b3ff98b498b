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

// What is sent to STS: AWS's Query protocol, a form in the body of a POST. Only AssumeRole and
// GetCallerIdentity are signed; a web identity token is its own proof.

namespace keyferry::io {

/// AssumeRole. Empty texts are left out.
struct AssumeRoleRequest {
    AssumeRoleRequest(std::string role_arn_, std::string session_name_)
        : role_arn(std::move(role_arn_)), session_name(std::move(session_name_)) {}

    std::string role_arn;
    std::string session_name;  ///< 2 to 64 characters of [\w+=,.@-]
    std::string external_id;
    std::string session_policy;                    ///< JSON; narrows what the role may do
    std::optional<std::chrono::seconds> duration;  ///< 900 to 43,200; STS's default is an hour
};

/// AssumeRoleWithWebIdentity. Move-only, because its token is a secret.
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

/// The forms, "Action=...&Version=2011-06-15&...".
[[nodiscard]] std::string form_of(const AssumeRoleRequest& request);
[[nodiscard]] Secret form_of(const WebIdentityRequest& request);
[[nodiscard]] std::string caller_identity_form();

/// `text` as a form's value: every byte but unreserved ones as %XX.
[[nodiscard]] std::string form_encoded(std::string_view text);

/// The bytes of a whole HTTP/1.1 request with `form` as its body, signed with `caller` for STS in
/// `region` at `now`; not signed where `caller` is null.
[[nodiscard]] Secret sts_request(const Endpoint& endpoint,
                                 const Region& region,
                                 const Credentials* caller,
                                 std::string_view form,
                                 std::chrono::sys_seconds now,
                                 std::string_view user_agent);

}  // namespace keyferry::io
