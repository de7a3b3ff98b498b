#include "io/aws/profile_settings.hpp"

#include "io/aws/profile_credentials.hpp"
#include "io/file/read_file.hpp"
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry {

namespace {

/// The file at `path`; nothing where there is none.
Parsed<std::optional<ConfigFile>> read_config(const std::string& path) {
    if (path.empty()) {  // no HOME
        return std::optional<ConfigFile>();
    }
    auto content = read_file(path, kConfigFileBytesMax);
    if (!content) {
        const std::error_code code = content.error().code;
        if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) {
            return std::optional<ConfigFile>();
        }
        return ParseProblem{content.error().text};
    }
    Parsed<ConfigFile> file = ConfigFile::parse(Secret::take(*content));
    if (!file) {
        return ParseProblem{fmt::format("{}: {}", path, file.error().text)};
    }
    return std::optional<ConfigFile>(std::move(*file));
}

/// `word` in lower case; `text` in any.
bool is_word(std::string_view text, std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

}  // namespace

Parsed<ProfileSettings> ProfileSettings::read(const std::optional<std::string>& profile,
                                              const Environment& environment) {
    const ProfilePlace place = profile_place(profile, environment);
    ProfileSettings settings;
    settings.path_ = place.config_path;
    Parsed<std::optional<ConfigFile>> file = read_config(place.config_path);
    if (!file) {
        return file.error();
    }
    settings.file_ = std::move(*file);
    if (!settings.file_) {
        return settings;
    }
    settings.profile_ = settings.file_->find("profile", place.profile);
    if (settings.profile_ == nullptr && place.profile == "default") {
        settings.profile_ = settings.file_->find(place.profile);
    }
    const ConfigEntry* const services =
        settings.profile_ == nullptr ? nullptr : settings.profile_->find("services");
    if (services != nullptr && !services->value.empty()) {
        settings.services_ = settings.file_->find("services", services->value);
        if (settings.services_ == nullptr) {
            return ParseProblem{
                fmt::format("{}:{}: there is no section {}; add it, or remove this line",
                            settings.path_,
                            services->line,
                            in_quotes(fmt::format("[services {}]", services->value)))};
        }
    }
    return settings;
}

std::optional<SettingValue> ProfileSettings::value_of(const ConfigEntry* entry) const {
    if (entry == nullptr || entry->value.empty()) {
        return std::nullopt;
    }
    return SettingValue(entry->value, fmt::format("{}:{}: {}", path_, entry->line, entry->key));
}

std::optional<SettingValue> ProfileSettings::find(std::string_view key) const {
    return profile_ == nullptr ? std::nullopt : value_of(profile_->find(key));
}

std::optional<SettingValue> ProfileSettings::find_of_service(std::string_view service,
                                                             std::string_view key) const {
    const ConfigEntry* const block = services_ == nullptr ? nullptr : services_->find(service);
    if (block == nullptr) {
        return std::nullopt;
    }
    const auto at = std::find_if(block->nested.begin(),
                                 block->nested.end(),
                                 [&](const ConfigEntry& entry) { return is_word(entry.key, key); });
    return at == block->nested.end() ? std::nullopt : value_of(&*at);
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

Parsed<bool> is_set(const std::optional<SettingValue>& value) {
    if (!value || is_word(value->text, "false")) {
        return false;
    }
    if (is_word(value->text, "true")) {
        return true;
    }
    return ParseProblem{
        fmt::format("{}: {} is neither true nor false", value->source, in_quotes(value->text))};
}

}  // namespace keyferry
