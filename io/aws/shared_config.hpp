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

/// One key of a profile. Views into the SharedConfig.
struct ProfileValue {
    std::string_view value;  ///< never empty
    std::string_view path;   ///< of the file that it stands in
    std::size_t line = 0;
};

/// What is wrong there: "path:line: <what>".
[[nodiscard]] ParseProblem problem_at(const ProfileValue& value, std::string_view what);
/// Who asks for something, in words: "profile 'dr' (path:line)".
[[nodiscard]] std::string profile_location(std::string_view profile, const ProfileValue& value);

/// The two files that AWS's tools share, as they look up profiles in them: what the credentials
/// file says of a profile's key comes before what the configuration file says. Move-only: it owns
/// the files' texts, which hold secrets.
class SharedConfig {
  public:
    /// Reads AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else ~/.aws/credentials and
    /// ~/.aws/config. A file that is not there is as an empty one, and so is /dev/null; one
    /// that cannot be read or parsed is a problem, whose text names the file and the line.
    [[nodiscard]] static Parsed<SharedConfig> load(const Environment& environment);

    [[nodiscard]] bool has_profile(std::string_view profile) const;

    /// The value of `key` in either file; nothing where it is missing or empty.
    [[nodiscard]] std::optional<ProfileValue> value(std::string_view profile,
                                                    std::string_view key) const;
    /// Only what the credentials file, or only what the configuration file says.
    [[nodiscard]] std::optional<ProfileValue> in_credentials(std::string_view profile,
                                                             std::string_view key) const;
    [[nodiscard]] std::optional<ProfileValue> in_config(std::string_view profile,
                                                        std::string_view key) const;

    /// The value of `key` in [sso-session NAME] of the configuration file.
    [[nodiscard]] std::optional<ProfileValue> sso_session_value(std::string_view name,
                                                                std::string_view key) const;
    [[nodiscard]] bool has_sso_session(std::string_view name) const;

    /// The value of `key`, in any case, in the block `service` ("kms") of [services NAME] of the
    /// configuration file.
    [[nodiscard]] std::optional<ProfileValue> service_value(std::string_view name,
                                                            std::string_view service,
                                                            std::string_view key) const;
    [[nodiscard]] bool has_services(std::string_view name) const;

    /// Where the profile was looked for in vain, in words: "/home/a/.aws/credentials does not
    /// exist; /home/a/.aws/config has no [profile dr]". Also for a profile that is there but has no
    /// credentials.
    [[nodiscard]] std::string searched(std::string_view profile) const;

    [[nodiscard]] const std::string& config_path() const noexcept { return config_.path; }

  private:
    struct File {
        std::string path;     ///< empty: HOME is not set
        std::string missing;  ///< why there is no content, in words
        std::optional<ConfigFile> content;
    };

    [[nodiscard]] static Parsed<File> open(std::string path);
    [[nodiscard]] const ConfigSection* credentials_section(std::string_view profile) const;
    [[nodiscard]] const ConfigSection* config_section(std::string_view profile) const;

    File credentials_;
    File config_;
};

/// Which profile is meant: `profile` (what --profile says), else AWS_DEFAULT_PROFILE, else
/// AWS_PROFILE (the AWS CLI's order); nothing where none is named, so that "default" is meant and
/// may be missing.
[[nodiscard]] std::optional<std::string> named_profile(const std::optional<std::string>& profile,
                                                       const Environment& environment);

inline constexpr std::string_view kDefaultProfile = "default";

}  // namespace keyferry::io
