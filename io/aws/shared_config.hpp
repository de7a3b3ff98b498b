// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/config_file.hpp"
#include "io/aws/environment.hpp"
#include "io/names/parsed.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace keyferry::io {

/// A value in a profile. The views refer to the SharedConfig.
struct ProfileValue {
    std::string_view value;  ///< never empty
    std::string_view path;   ///< the file that contains it
    std::size_t line = 0;
};

/// Returns the error "path:line: <what>".
[[nodiscard]] ParseProblem problem_at(const ProfileValue& value, std::string_view what);
/// Returns "profile 'dr' (path:line)" for messages.
[[nodiscard]] std::string profile_location(std::string_view profile, const ProfileValue& value);

/// The shared credentials and configuration files of the AWS tools. Settings in the credentials
/// file take precedence. Move-only: owns the file contents, which contain secrets.
class SharedConfig {
  public:
    /// Reads AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, by default ~/.aws/credentials and
    /// ~/.aws/config. Their paths are expanded; see io/aws/expanded_path.hpp. A missing file and
    /// /dev/null are treated as empty files. Fails if a file cannot be read or parsed; the error
    /// names the file, line and column.
    [[nodiscard]] static Parsed<SharedConfig> load(const Environment& environment);

    [[nodiscard]] bool has_profile(std::string_view profile) const;

    /// Returns the value of `key` in either file; nullopt if it is missing or empty.
    [[nodiscard]] std::optional<ProfileValue> value(std::string_view profile,
                                                    std::string_view key) const;
    /// Searches only the credentials file or only the configuration file.
    [[nodiscard]] std::optional<ProfileValue> in_credentials(std::string_view profile,
                                                             std::string_view key) const;
    [[nodiscard]] std::optional<ProfileValue> in_config(std::string_view profile,
                                                        std::string_view key) const;

    /// Returns the value of `key` in [sso-session NAME] of the configuration file.
    [[nodiscard]] std::optional<ProfileValue> sso_session_value(std::string_view name,
                                                                std::string_view key) const;
    [[nodiscard]] bool has_sso_session(std::string_view name) const;

    /// Returns the error if the profile has another value than [sso-session NAME] for one of the
    /// section's keys; nullopt otherwise. botocore does not decide which of the two is meant.
    [[nodiscard]] std::optional<ParseProblem> contradiction(std::string_view profile,
                                                            std::string_view sso_session) const;

    /// Returns the value of `key` (case-sensitive) in the block `service` ("kms") of [services
    /// NAME] in the configuration file.
    [[nodiscard]] std::optional<ProfileValue> service_value(std::string_view name,
                                                            std::string_view service,
                                                            std::string_view key) const;
    [[nodiscard]] bool has_services(std::string_view name) const;

    /// Describes where the profile's credentials were searched for without success, for example
    /// "/home/a/.aws/credentials does not exist; /home/a/.aws/config has no [profile dr]". The
    /// profile itself may exist.
    [[nodiscard]] std::string describe_search(std::string_view profile) const;

    [[nodiscard]] const std::string& config_path() const noexcept { return config_.path; }

  private:
    struct File {
        std::string path;     ///< empty if it is unknown, because HOME is not set
        std::string missing;  ///< why there is no content, for messages
        std::optional<ConfigFile> content;
    };

    [[nodiscard]] static Parsed<File> open(std::string path);
    [[nodiscard]] const ConfigSection* credentials_section(std::string_view profile) const;
    [[nodiscard]] const ConfigSection* config_section(std::string_view profile) const;

    File credentials_;
    File config_;
};

/// Returns the selected profile: the first of `profile` (the value of --profile),
/// AWS_DEFAULT_PROFILE and AWS_PROFILE that is set, in the AWS CLI's order. Returns nullopt if none
/// is set; the profile "default" is then used if it exists.
[[nodiscard]] std::optional<std::string> named_profile(const std::optional<std::string>& profile,
                                                       const Environment& environment);

inline constexpr std::string_view kDefaultProfile = "default";

}  // namespace keyferry::io
