// SPDX-License-Identifier: Apache-2.0
#include "io/aws/profile_settings.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/lower_case.hpp"

#include <fmt/format.h>

#include <algorithm>

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
    ProfileSettings settings(
        std::make_shared<const SharedConfig>(*std::move(config)),
        named_profile(profile, environment).value_or(std::string(kDefaultProfile)));
    const auto services = settings.config_->in_config(settings.profile_, "services");
    if (!services) {
        return settings;
    }
    settings.services_ = services->value;
    if (!settings.config_->has_services(settings.services_)) {
        return problem_at(*services,
                          fmt::format("section {} does not exist; add it, or remove this line",
                                      in_quotes(fmt::format("[services {}]", settings.services_))));
    }
    return settings;
}

std::optional<SettingValue> ProfileSettings::find(std::string_view key) const {
    return setting_of(config_->in_config(profile_, key), key);
}

std::optional<SettingValue> ProfileSettings::find_in_service_block(std::string_view service,
                                                                   std::string_view key) const {
    return services_.empty() ? std::nullopt
                             : setting_of(config_->service_value(services_, service, key), key);
}

std::optional<SettingValue> setting(const Environment& environment,
                                    const char* variable_name,
                                    const ProfileSettings& profile,
                                    std::string_view key) {
    if (const auto text = variable(environment, variable_name)) {
        return SettingValue(*text, variable_name);
    }
    return profile.find(key);
}

Parsed<bool> parse_bool(const std::optional<SettingValue>& value) {
    if (!value || lower_case(value->text) == "false") {
        return false;
    }
    if (lower_case(value->text) == "true") {
        return true;
    }
    return ParseProblem{
        fmt::format("{}: {} is neither true nor false", value->source, in_quotes(value->text))};
}

}  // namespace keyferry::io
