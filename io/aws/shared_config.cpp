// SPDX-License-Identifier: Apache-2.0
#include "io/aws/shared_config.hpp"

#include "io/aws/expanded_path.hpp"
#include "io/aws/secret.hpp"
#include "io/file/read_file.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/lower_case.hpp"
#include "io/names/trimmed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::io {

namespace {

/// Returns the path in the variable `name` or, if it is not set, `otherwise`; empty if it is in the
/// home folder and HOME is not set.
std::string path_from(const Environment& environment,
                      const char* name,
                      std::string_view otherwise) {
    const std::string path =
        expanded_path(variable(environment, name).value_or(otherwise), environment);
    return path.starts_with("~/") ? "" : path;
}

std::optional<ProfileValue> value_in(const ConfigSection* section,
                                     std::string_view path,
                                     std::string_view key) {
    const ConfigEntry* entry = section == nullptr ? nullptr : section->find(key);
    if (entry == nullptr || entry->value.empty()) {
        return std::nullopt;
    }
    return ProfileValue{entry->value, path, entry->line};
}

/// Returns a hint if `file` lacks the section [`header`] but has a similar one.
std::string_view hint_at_similar(const ConfigFile& file,
                                 std::string_view header,
                                 std::string_view profile) {
    const auto is_spaced = [&](const ConfigSection& section) {
        return trimmed(section.header) == header && section.header != header;
    };
    if (std::any_of(file.sections().begin(), file.sections().end(), is_spaced)) {
        return " (the section exists with blanks directly inside the brackets)";
    }
    return header != profile && file.find(profile) != nullptr
               ? " (the section exists without the word \"profile\")"
               : "";
}

}  // namespace

ParseProblem problem_at(const ProfileValue& value, std::string_view what) {
    return ParseProblem{fmt::format("{}:{}: {}", value.path, value.line, what)};
}

std::string profile_location(std::string_view profile, const ProfileValue& value) {
    return fmt::format("profile {} ({}:{})", in_quotes(profile), value.path, value.line);
}

Parsed<SharedConfig::File> SharedConfig::open(std::string path) {
    File file;
    file.path = std::move(path);
    if (file.path.empty()) {
        file.missing = "HOME is not set";
        return file;
    }
    if (file.path == "/dev/null") {  // the usual way to disable the file; not a regular file
        file.missing = "/dev/null is empty";
        return file;
    }
    boost::system::result<std::string, ReadFileProblem> content =
        read_file(file.path, kConfigFileBytesMax);
    if (!content) {
        const std::error_code code = content.error().code;
        if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) {
            file.missing = fmt::format("{} does not exist", file.path);
            return file;
        }
        return ParseProblem{content.error().text};
    }
    Parsed<ConfigFile> parsed = ConfigFile::parse(Secret::take(*content));
    if (!parsed) {
        return ParseProblem{fmt::format("{}:{}", file.path, parsed.error().text)};
    }
    file.content = std::move(*parsed);
    return file;
}

Parsed<SharedConfig> SharedConfig::load(const Environment& environment) {
    Parsed<File> credentials =
        open(path_from(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"));
    if (!credentials) {
        return credentials.error();
    }
    Parsed<File> config = open(path_from(environment, "AWS_CONFIG_FILE", "~/.aws/config"));
    if (!config) {
        return config.error();
    }
    SharedConfig both;
    both.credentials_ = std::move(*credentials);
    both.config_ = std::move(*config);
    return both;
}

const ConfigSection* SharedConfig::credentials_section(std::string_view profile) const {
    return credentials_.content ? credentials_.content->find(profile) : nullptr;
}

const ConfigSection* SharedConfig::config_section(std::string_view profile) const {
    return config_.content ? config_.content->find("profile", profile) : nullptr;
}

bool SharedConfig::has_profile(std::string_view profile) const {
    return credentials_section(profile) != nullptr || config_section(profile) != nullptr;
}

std::optional<ProfileValue> SharedConfig::value(std::string_view profile,
                                                std::string_view key) const {
    const std::optional<ProfileValue> first = in_credentials(profile, key);
    return first ? first : in_config(profile, key);
}

std::optional<ProfileValue> SharedConfig::in_credentials(std::string_view profile,
                                                         std::string_view key) const {
    return value_in(credentials_section(profile), credentials_.path, key);
}

std::optional<ProfileValue> SharedConfig::in_config(std::string_view profile,
                                                    std::string_view key) const {
    return value_in(config_section(profile), config_.path, key);
}

std::optional<ProfileValue> SharedConfig::sso_session_value(std::string_view name,
                                                            std::string_view key) const {
    return config_.content ? value_in(config_.content->find("sso-session", name), config_.path, key)
                           : std::nullopt;
}

bool SharedConfig::has_sso_session(std::string_view name) const {
    return config_.content && config_.content->find("sso-session", name) != nullptr;
}

std::optional<ParseProblem> SharedConfig::contradiction(std::string_view profile,
                                                        std::string_view sso_session) const {
    const ConfigSection* const session =
        config_.content ? config_.content->find("sso-session", sso_session) : nullptr;
    if (session == nullptr) {
        return std::nullopt;
    }
    for (const ConfigEntry* const theirs : session->all_entries()) {
        for (const auto& [section, file] : {std::pair(credentials_section(profile), &credentials_),
                                            std::pair(config_section(profile), &config_)}) {
            const ConfigEntry* const ours =
                section == nullptr ? nullptr : section->find(theirs->key);
            if (ours == nullptr) {
                continue;
            }
            if (ours->value != theirs->value) {
                return problem_at({ours->value, file->path, ours->line},
                                  fmt::format("{} of profile {} contradicts [sso-session {}] "
                                              "({}:{}); remove one of the two or make them equal",
                                              lower_case(theirs->key),
                                              in_quotes(profile),
                                              sso_session,
                                              config_.path,
                                              theirs->line));
            }
            break;  // the configuration file's value is not used
        }
    }
    return std::nullopt;
}

std::optional<ProfileValue> SharedConfig::service_value(std::string_view name,
                                                        std::string_view service,
                                                        std::string_view key) const {
    const ConfigSection* const section =
        config_.content ? config_.content->find("services", name) : nullptr;
    const ConfigEntry* const block = section == nullptr ? nullptr : section->find(service);
    if (block == nullptr) {
        return std::nullopt;
    }
    const ConfigEntry* const entry = block->find(key);
    return entry == nullptr || entry->value.empty()
               ? std::nullopt
               : std::optional(ProfileValue{entry->value, config_.path, entry->line});
}

bool SharedConfig::has_services(std::string_view name) const {
    return config_.content && config_.content->find("services", name) != nullptr;
}

std::string SharedConfig::describe_search(std::string_view profile) const {
    const ConfigSection* const in_first = credentials_section(profile);
    const ConfigSection* const in_second = config_section(profile);
    std::string first = credentials_.missing;
    if (credentials_.content) {
        first =
            in_first == nullptr
                ? fmt::format("{} has no [{}]{}",
                              credentials_.path,
                              profile,
                              hint_at_similar(*credentials_.content, profile, profile))
                : fmt::format(
                      "[{}] in {} has no aws_access_key_id", in_first->header, credentials_.path);
    }
    std::string second = config_.missing;
    if (config_.content) {
        const std::string header =
            fmt::format("{}{}", profile == kDefaultProfile ? "" : "profile ", profile);
        second =
            in_second == nullptr
                ? fmt::format("{} has no [{}]{}",
                              config_.path,
                              header,
                              hint_at_similar(*config_.content, header, profile))
                : fmt::format(
                      "[{}] in {} has no source of credentials", in_second->header, config_.path);
    }
    return fmt::format("{}; {}", first, second);
}

std::optional<std::string> named_profile(const std::optional<std::string>& profile,
                                         const Environment& environment) {
    if (profile) {
        return profile;
    }
    for (const char* name : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
        if (const auto named = variable(environment, name)) {
            return std::string(*named);
        }
    }
    return std::nullopt;
}

}  // namespace keyferry::io
