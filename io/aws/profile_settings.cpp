// SPDX-License-Identifier: Apache-2.0
#include "io/aws/profile_settings.hpp"

#include "io/aws/expanded_path.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/lower_case.hpp"

#include <fmt/format.h>

namespace keyferry::io {

namespace {

std::optional<SettingValue> setting_of(const std::optional<ProfileValue>& value,
                                       std::string_view key) {
    return value ? std::optional(SettingValue(
                       value->value, fmt::format("{}:{}: {}", value->path, value->line, key)))
                 : std::nullopt;
}

}  // namespace

Parsed<ProfileSettings> ProfileSettings::read(const std::optional<std::string>& profile,
                                              const Environment& environment) {
    Parsed<SharedConfig> config = SharedConfig::load(environment);
    if (!config) {
        return config.error();
    }
    return ProfileSettings(
        std::make_shared<const SharedConfig>(*std::move(config)),
        named_profile(profile, environment).value_or(std::string(kDefaultProfile)));
}

std::optional<SettingValue> ProfileSettings::find(std::string_view key) const {
    return setting_of(config_->value(profile_, key), key);
}

Parsed<std::optional<SettingValue>> ProfileSettings::find_in_service_block(
    std::string_view service, std::string_view key) const {
    const auto services = config_->value(profile_, "services");
    if (!services) {
        return std::optional<SettingValue>();
    }
    if (!config_->has_services(services->value)) {
        return problem_at(*services,
                          fmt::format("section {} does not exist; add it, or remove this line",
                                      in_quotes(fmt::format("[services {}]", services->value))));
    }
    return setting_of(config_->service_value(services->value, service, key), key);
}

std::optional<SettingValue> setting(const Environment& environment,
                                    const char* variable_name,
                                    const ProfileSettings& profile,
                                    std::string_view key) {
    const auto text = variable(environment, variable_name);
    std::optional<SettingValue> found =
        text ? std::optional(SettingValue(*text, variable_name)) : profile.find(key);
    if (found && key == kCaBundleSetting) {
        found->text = expanded_path(found->text, environment);
    }
    return found;
}

bool is_true(const std::optional<SettingValue>& value) {
    return value && lower_case(value->text) == "true";
}

}  // namespace keyferry::io
