// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/environment.hpp"
#include "io/aws/shared_config.hpp"
#include "io/names/parsed.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace keyferry::io {

inline constexpr std::string_view kAccessKeyIdSetting = "aws_access_key_id";
inline constexpr std::string_view kSecretAccessKeySetting = "aws_secret_access_key";

/// What somebody has written somewhere, and where: "AWS_USE_FIPS_ENDPOINT", or
/// "/home/a/.aws/config:7: use_fips_endpoint", fit to begin a message.
struct SettingValue {
    SettingValue(std::string_view text_, std::string source_)
        : text(text_), source(std::move(source_)) {}
    std::string text;
    std::string source;
};

/// What the configuration file says of a profile, its credentials apart: [profile NAME], for the
/// default profile also [default], and the [services NAME] that a profile may name.
class ProfileSettings {
  public:
    /// Reads the shared files; the profile is named_profile() of io/aws/shared_config.hpp. No such
    /// file, or none with this profile, has nothing to say. A problem is a file that is there but
    /// cannot be read or parsed, and a services section that the profile names and the file does
    /// not have.
    [[nodiscard]] static Parsed<ProfileSettings> read(const std::optional<std::string>& profile,
                                                      const Environment& environment);

    /// The value of `key`; nothing where there is none or it is empty.
    [[nodiscard]] std::optional<SettingValue> find(std::string_view key) const;

    /// The value of `key` in the block `service` ("kms") of the profile's services section.
    [[nodiscard]] std::optional<SettingValue> find_in_service_block(std::string_view service,
                                                                    std::string_view key) const;

  private:
    ProfileSettings(SharedConfig config, std::string profile)
        : config_(std::move(config)), profile_(std::move(profile)) {}

    SharedConfig config_;
    std::string profile_;
    std::string services_;  ///< empty where the profile names none
};

/// The environment's `variable_name`, else the profile's `key`.
[[nodiscard]] std::optional<SettingValue> setting(const Environment& environment,
                                                  const char* variable_name,
                                                  const ProfileSettings& profile,
                                                  std::string_view key);

/// True or false as AWS's tools write them, in any case; false for none. Anything else is a
/// problem: who misspells "true" must not go without what was asked for.
[[nodiscard]] Parsed<bool> parse_bool(const std::optional<SettingValue>& value);

}  // namespace keyferry::io
