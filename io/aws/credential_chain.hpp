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

// Where credentials come from, as a value: made of environment and files alone, before anybody is
// asked. io/identity carries it out. First an origin, which has credentials of its own; then the
// roles to assume one after the other, the first with the origin's credentials.

namespace keyferry::io {

/// A program that prints credentials.
struct ProcessSource {
    std::vector<std::string> command;  ///< the program and its arguments; at least one
    std::string where;                 ///< in words, for messages: "profile 'dr' (/.aws/config:3)"
};

/// A role in an account, for who has signed on at the SSO portal.
struct SsoSource {
    std::string session;           ///< name of the [sso-session]; empty for the older form
    std::string start_url;         ///< of the portal; names the cached token in the older form
    std::optional<Region> region;  ///< of the portal; never empty in a plan
    std::string account;
    std::string role;
    std::string profile;
    std::string cache_folder;  ///< where the AWS CLI keeps tokens: "~/.aws/sso/cache"
    std::string where;
};

/// A role for who holds a token from an identity provider, as pods in EKS do.
struct WebIdentitySource {
    std::string role_arn;
    std::string session_name;
    std::string token_file;  ///< read anew each time: the token in it changes
    std::optional<std::chrono::seconds> duration;
    std::string where;
};

/// The agent beside a container: of ECS, of EKS Pod Identity.
struct ContainerSource {
    explicit ContainerSource(ServiceUrl url_) : url(std::move(url_)) {}
    ServiceUrl url;
    std::string token_file;  ///< of the Authorization header; read anew each time; may be empty
    Secret token;            ///< the header's value where there is no file; may be empty
};

/// The metadata service of an EC2 instance, version 2.
struct ImdsSource {
    explicit ImdsSource(ServiceUrl url_) : url(std::move(url_)) {}
    ServiceUrl url;  ///< its target is the folder below which "latest/..." lies
    std::chrono::milliseconds timeout{1000};  ///< of one request
    int attempts = 1;
};

using CredentialSource = std::variant<Credentials,  // keys that environment or files hold
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
    std::string where;  ///< who asks for it: "profile 'dr' (/home/a/.aws/config:3)"
};

struct CredentialChain {
    explicit CredentialChain(CredentialSource origin_) : origin(std::move(origin_)) {}

    CredentialSource origin;
    std::vector<RoleStep> roles;
    /// What was looked at before in vain, in words; for a message where the origin fails.
    std::string searched;
    /// Whose STS is asked: AWS_REGION, AWS_DEFAULT_REGION, the profile's region; else nothing.
    std::optional<Region> region;
};

inline constexpr std::string_view kDefaultSessionName = "keyferry";  ///< where nobody names one
inline constexpr std::size_t kRolesMax = 10;                         ///< of one chain

/// Plans as the AWS CLI searches: the environment's keys (passed over where `profile`, the value of
/// --profile, is given), the profile's role, web identity (AWS_WEB_IDENTITY_TOKEN_FILE, else the
/// profile's), single sign-on, the keys of the credentials file, credential_process, the keys of
/// the configuration file, a container's agent, the instance's metadata service.
///
/// A source that is there but cannot be used (half a key pair, a role without source_profile, a
/// loop of profiles, a profile that is named and missing, whatever else there is) ends the search:
/// going on would sign as somebody else than the user meant. The problem's text begins with file
/// and line where there are some, and says all that was tried where nothing was found.
[[nodiscard]] Parsed<CredentialChain> find_credential_chain(
    const std::optional<std::string>& profile,
    const Environment& environment,
    const SharedConfig& config);

// ------------------------------------------------------------------ parts of find_credential_chain

/// The keys in the environment; nothing where it has no access key id.
[[nodiscard]] Parsed<std::optional<Credentials>> environment_keys(const Environment& environment);
/// What AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME say.
[[nodiscard]] Parsed<std::optional<WebIdentitySource>> environment_web_identity(
    const Environment& environment);
/// What AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or ..._FULL_URI say.
[[nodiscard]] Parsed<std::optional<ContainerSource>> environment_container(
    const Environment& environment);
/// The instance's metadata service; nothing where AWS_EC2_METADATA_DISABLED is true.
[[nodiscard]] Parsed<std::optional<ImdsSource>> environment_imds(const Environment& environment);

/// Whether `profile` assumes a role with the credentials of another source.
[[nodiscard]] bool assumes_role(const SharedConfig& config, std::string_view profile);

/// The value of duration_seconds: 900 to 43,200.
[[nodiscard]] Parsed<std::optional<std::chrono::seconds>> role_duration(const SharedConfig& config,
                                                                        std::string_view profile);
/// The credentials that `profile` has without another's; nothing where it has none.
[[nodiscard]] Parsed<std::optional<CredentialSource>> find_profile_source(
    std::string_view profile, const Environment& environment, const SharedConfig& config);

/// The chain that begins with `profile`, which the files have; nothing where it has no credentials.
[[nodiscard]] Parsed<std::optional<CredentialChain>> find_profile_chain(
    const std::string& profile, const Environment& environment, const SharedConfig& config);

}  // namespace keyferry::io
