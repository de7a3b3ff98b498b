// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/environment.hpp"
#include "io/aws/secret.hpp"
#include "io/aws/service_url.hpp"
#include "io/aws/shared_config.hpp"
#include "io/names/account_id.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Determines the source of credentials from the environment and files, without network calls. The
// result is a chain: a source of credentials, and roles that are assumed one after another, the
// first one with the source's credentials. io/identity resolves the chain.

namespace keyferry::io {

/// A program that prints credentials.
struct ProcessSource {
    std::vector<std::string> command;  ///< the program and its arguments; not empty
    std::string where;                 ///< for messages: "profile 'dr' (/.aws/config:3)"
};

/// A role in an account, for a user who has signed in to the SSO portal.
struct SsoSource {
    std::string session;    ///< name of the [sso-session]; empty for the legacy format
    std::string start_url;  ///< the portal's URL; in the legacy format, it identifies the cached
                            ///< token
    std::optional<Region> region;  ///< the portal's Region; always set
    std::string account;
    std::string role;
    std::string profile;
    std::string cache_folder;  ///< the folder in which the AWS CLI caches tokens:
                               ///< "~/.aws/sso/cache"
    std::string where;
};

/// A role assumed with the token of an identity provider, as used by EKS pods.
struct WebIdentitySource {
    std::string role_arn;
    std::string session_name;
    std::string token_file;  ///< read for every request, since the token changes
    std::optional<std::chrono::seconds> duration;
    std::string where;
};

/// The container credentials endpoint of ECS or EKS Pod Identity.
struct ContainerSource {
    explicit ContainerSource(ServiceUrl url_) : url(std::move(url_)) {}
    ServiceUrl url;
    std::string token_file;  ///< file with the token for the Authorization header, read for every
                             ///< request; may be empty
    Secret token;            ///< the token if there is no file; may be empty
};

/// The EC2 instance metadata service, version 2.
struct ImdsSource {
    explicit ImdsSource(ServiceUrl url_) : url(std::move(url_)) {}
    ServiceUrl url;  ///< its target is the path to which "latest/..." is appended
    std::chrono::milliseconds timeout{1000};  ///< per request
    int attempts = 1;
};

using CredentialSource = std::variant<Credentials,  // keys from the environment or files
                                      ProcessSource,
                                      SsoSource,
                                      WebIdentitySource,
                                      ContainerSource,
                                      ImdsSource>;

/// A role to assume.
struct RoleStep {
    std::string role_arn;
    std::string session_name;
    std::string external_id;
    std::string session_policy;
    std::optional<std::chrono::seconds> duration;
    std::string where;  ///< where it is configured: "profile 'dr' (/home/a/.aws/config:3)"
};

struct CredentialChain {
    explicit CredentialChain(CredentialSource origin_) : origin(std::move(origin_)) {}

    CredentialSource origin;
    std::vector<RoleStep> roles;
    /// The sources that were searched without success, for the error message if the source fails.
    std::string searched_sources;
    /// The Region whose STS endpoint is used: AWS_REGION, AWS_DEFAULT_REGION or the profile's
    /// region. Not set if none of these is set.
    std::optional<Region> region;
};

inline constexpr std::string_view kDefaultSessionName = "keyferry";  ///< used if none is configured
inline constexpr std::size_t kRolesMax = 10;                         ///< maximum per chain

/// Searches these sources in the AWS CLI's order: access keys in the environment (ignored if
/// `profile`, the value of --profile, is given), the profile's role, web identity
/// (AWS_WEB_IDENTITY_TOKEN_FILE or the profile's), single sign-on, access keys in the credentials
/// file, credential_process, access keys in the configuration file, the container credentials
/// endpoint and the instance metadata service.
///
/// If a source is configured but unusable, the search fails, because continuing could lead to
/// signing with credentials that the user did not intend. Examples are an access key ID without its
/// secret access key, a role without source_profile, a loop of profiles, and a named profile that
/// does not exist. If possible, the error starts with the file and line. If no source was found, it
/// lists all sources that were searched.
[[nodiscard]] Parsed<CredentialChain> find_credential_chain(
    const std::optional<std::string>& profile,
    const Environment& environment,
    const SharedConfig& config);

// ------------------------------------------------------------------ parts of find_credential_chain

/// Returns the access key in the environment; nullopt if there is no access key ID.
[[nodiscard]] Parsed<std::optional<Credentials>> environment_keys(const Environment& environment);
/// Reads AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME.
[[nodiscard]] Parsed<std::optional<WebIdentitySource>> environment_web_identity(
    const Environment& environment);
/// Reads AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or ..._FULL_URI.
[[nodiscard]] Parsed<std::optional<ContainerSource>> environment_container(
    const Environment& environment);
/// Returns the instance metadata service; nullopt if AWS_EC2_METADATA_DISABLED is true.
[[nodiscard]] Parsed<std::optional<ImdsSource>> environment_imds(const Environment& environment);

/// Whether `profile` assumes a role with the credentials of another source.
[[nodiscard]] bool assumes_role(const SharedConfig& config, std::string_view profile);

/// Returns the value of duration_seconds: 900 to 43,200.
[[nodiscard]] Parsed<std::optional<std::chrono::seconds>> role_duration(const SharedConfig& config,
                                                                        std::string_view profile);
/// Returns the credential source of `profile` itself, ignoring source_profile; nullopt if there is
/// none.
[[nodiscard]] Parsed<std::optional<CredentialSource>> find_profile_source(
    std::string_view profile, const Environment& environment, const SharedConfig& config);

/// Returns the chain that starts with the existing profile `profile`; nullopt if it has no
/// credentials.
[[nodiscard]] Parsed<std::optional<CredentialChain>> find_profile_chain(
    const std::string& profile, const Environment& environment, const SharedConfig& config);

}  // namespace keyferry::io
