// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/environment.hpp"
#include "io/aws/shared_config.hpp"
#include "io/names/parsed.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keyferry::io {

inline constexpr std::string_view kAccessKeyIdSetting = "aws_access_key_id";
inline constexpr std::string_view kSecretAccessKeySetting = "aws_secret_access_key";
inline constexpr std::string_view kCaBundleSetting = "ca_bundle";

/// A configured value and its location, such as "AWS_USE_FIPS_ENDPOINT" or "/home/a/.aws/config:7:
/// use_fips_endpoint", which can be used as the beginning of a message.
struct SettingValue {
    SettingValue(std::string_view text_, std::string source_)
        : text(text_), source(std::move(source_)) {}
    std::string text;
    std::string source;
};

/// The settings of a profile, except credentials: those in the credentials file, in [profile NAME]
/// of the configuration file (or [default] for the default profile), and in the [services NAME]
/// section that the profile refers to.
class ProfileSettings {
  public:
    /// Reads the shared files. The profile is determined by named_profile() in
    /// io/aws/shared_config.hpp. A missing file or profile means that there are no settings. Fails
    /// if an existing file cannot be read or parsed.
    [[nodiscard]] static Parsed<ProfileSettings> read(const std::optional<std::string>& profile,
                                                      const Environment& environment);

    /// The files' contents, so that credentials are read from the same version of the files.
    [[nodiscard]] const std::shared_ptr<const SharedConfig>& config() const noexcept {
        return config_;
    }

    /// Returns the value of `key`; nullopt if it is missing or empty.
    [[nodiscard]] std::optional<SettingValue> find(std::string_view key) const;

    /// Returns the value of `key` in the block `service` ("kms") of the profile's services section.
    /// Fails if the profile refers to a missing section.
    [[nodiscard]] Parsed<std::optional<SettingValue>> find_in_service_block(
        std::string_view service, std::string_view key) const;

  private:
    ProfileSettings(std::shared_ptr<const SharedConfig> config, std::string profile)
        : config_(std::move(config)), profile_(std::move(profile)) {}

    std::shared_ptr<const SharedConfig> config_;
    std::string profile_;
};

/// Returns the environment variable `variable_name` or, if it is not set, the profile's `key`. The
/// path of kCaBundleSetting is expanded; see io/aws/expanded_path.hpp.
[[nodiscard]] std::optional<SettingValue> setting(const Environment& environment,
                                                  const char* variable_name,
                                                  const ProfileSettings& profile,
                                                  std::string_view key);

/// Whether the value is "true" (case-insensitive). As in botocore, any other value means false.
[[nodiscard]] bool is_true(const std::optional<SettingValue>& value);

}  // namespace keyferry::io
