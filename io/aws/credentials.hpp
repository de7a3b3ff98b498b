#pragma once

#include "io/aws/environment.hpp"
#include "io/aws/secret.hpp"
#include "io/names/account_id.hpp"
#include "io/names/parsed.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry {

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
Parsed<Credentials> make_credentials(std::string_view access_key_id,
                                     std::string_view secret_access_key,
                                     std::string_view session_token,
                                     std::string source);

/// Looks for credentials as the AWS CLI does: the environment (AWS_ACCESS_KEY_ID,
/// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), then the profile's keys in the shared credentials
/// file, then those in the configuration file (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE, or
/// ~/.aws/credentials and ~/.aws/config).
///
/// `profile` is what --profile says and passes the environment's keys over; without it the profile
/// is AWS_PROFILE, AWS_DEFAULT_PROFILE or "default". A source that is there but cannot be used
/// (a half of a key pair, a file that does not parse, a profile with role_arn, sso or
/// credential_process, which this program cannot follow yet) ends the search: going on would sign
/// as somebody else than the user meant. The problem's text names all that was tried.
Parsed<Credentials> find_credentials(const std::optional<std::string>& profile,
                                     const Environment& environment);

}  // namespace keyferry
