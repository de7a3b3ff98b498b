#include "io/aws/profile_credentials.hpp"

#include "io/aws/config_file.hpp"
#include "io/file/read_file.hpp"
#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

namespace keyferry {

namespace {

constexpr std::string_view kDefaultProfile = "default";

/// A key that makes a profile take its credentials from somewhere else.
struct OtherSource {
    std::string_view key;
    std::string_view what;
};

// The AWS CLI follows these before it looks for keys in the profile.
constexpr std::array kBeforeKeys{
    OtherSource{"role_arn", "assuming a role"},
    OtherSource{"web_identity_token_file", "web identity"},
    OtherSource{"sso_session", "single sign-on"},
    OtherSource{"sso_start_url", "single sign-on"},
};

// And these before it looks for keys in the configuration file.
constexpr std::array kBeforeConfigKeys{
    OtherSource{"login_session", "a login session"},
    OtherSource{"credential_process", "a credential process"},
};

std::string path_from(const Environment& environment, const char* name, std::string_view in_home) {
    const std::optional<std::string_view> home = variable(environment, "HOME");
    const std::optional<std::string_view> path = variable(environment, name);
    if (path && !path->starts_with("~/")) {
        return std::string(*path);
    }
    if (!home) {
        return "";
    }
    return fmt::format("{}/{}", *home, path ? path->substr(2) : in_home);
}

/// The file, or nothing and in `why_not` the reason where there is no such file.
Parsed<std::optional<ConfigFile>> open_config(const std::string& path, std::string& why_not) {
    if (path.empty()) {
        why_not = "HOME is not set";
        return std::optional<ConfigFile>();
    }
    boost::system::result<std::string, ReadFileProblem> content =
        read_file(path, kConfigFileBytesMax);
    if (!content) {
        const std::error_code code = content.error().code;
        if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) {
            why_not = fmt::format("{} does not exist", path);
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

/// One of the two files, and what it has of the profile.
struct Place {
    std::string path;
    std::string why_not;  // no credentials from here
    std::optional<ConfigFile> file;
    const ConfigSection* section = nullptr;
};

std::string section_name(const Place& place) {
    return fmt::format("[{}] in {}", place.section->header, place.path);
}

std::optional<ParseProblem> other_source(std::span<const OtherSource> sources,
                                         std::span<const Place> places,
                                         std::string_view profile) {
    for (const Place& place : places) {
        for (const OtherSource& source : sources) {
            const ConfigEntry* entry =
                place.section == nullptr ? nullptr : place.section->find(source.key);
            if (entry != nullptr) {
                return ParseProblem{fmt::format(
                    "{}:{}: profile {} has {}: credentials from {} are not supported yet. Put keys "
                    "into AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN ('aws "
                    "configure export-credentials --profile {} --format env' prints them), or name "
                    "a profile that has keys",
                    place.path,
                    entry->line,
                    in_quotes(profile),
                    source.key,
                    source.what,
                    profile)};
            }
        }
    }
    return std::nullopt;
}

/// The keys of a section; nothing where it has none.
Parsed<std::optional<Credentials>> keys_of(Place& place, std::string_view profile) {
    constexpr std::string_view kAccessKeyId = "aws_access_key_id";
    constexpr std::string_view kSecretAccessKey = "aws_secret_access_key";
    if (place.section == nullptr) {
        return std::optional<Credentials>();
    }
    const ConfigSection& section = *place.section;
    const std::optional<std::string_view> id = section.value(kAccessKeyId);
    const std::optional<std::string_view> secret = section.value(kSecretAccessKey);
    if (!id && !secret) {
        place.why_not = fmt::format("{} has no {}", section_name(place), kAccessKeyId);
        return std::optional<Credentials>();
    }
    if (!id || !secret) {
        return ParseProblem{fmt::format("{}:{}: {} has {} but no {}",
                                        place.path,
                                        section.line,
                                        in_quotes(section.header),
                                        id ? kAccessKeyId : kSecretAccessKey,
                                        id ? kSecretAccessKey : kAccessKeyId)};
    }
    Parsed<Credentials> credentials =
        make_credentials(*id,
                         *secret,
                         section.value("aws_session_token").value_or(""),
                         fmt::format("profile {} of {}", in_quotes(profile), place.path));
    if (!credentials) {
        return ParseProblem{
            fmt::format("{}:{}: {}", place.path, section.line, credentials.error().text)};
    }
    if (const ConfigEntry* entry = section.find("aws_account_id")) {
        const Parsed<AccountId> account = AccountId::parse(entry->value);
        if (!account) {
            return ParseProblem{
                fmt::format("{}:{}: {}", place.path, entry->line, account.error().text)};
        }
        credentials->account = *account;
    }
    return std::optional<Credentials>(std::move(*credentials));
}

/// [profile NAME]; for the default profile also [default].
const ConfigSection* find_in_config(const ConfigFile& file, std::string_view profile) {
    const ConfigSection* section = file.find("profile", profile);
    return section == nullptr && profile == kDefaultProfile ? file.find(profile) : section;
}

Parsed<std::array<Place, 2>> open_both(const ProfilePlace& from) {
    std::array<Place, 2> places;
    places[0].path = from.credentials_path;
    places[1].path = from.config_path;
    for (Place& place : places) {
        Parsed<std::optional<ConfigFile>> file = open_config(place.path, place.why_not);
        if (!file) {
            return file.error();
        }
        place.file = std::move(*file);
    }
    auto& [credentials, config] = places;
    if (credentials.file) {
        credentials.section = credentials.file->find(from.profile);
        credentials.why_not = fmt::format("{} has no [{}]", credentials.path, from.profile);
    }
    if (config.file) {
        config.section = find_in_config(*config.file, from.profile);
        config.why_not = fmt::format(
            "{} has no [{}{}]{}",
            config.path,
            from.profile == kDefaultProfile ? "" : "profile ",
            from.profile,
            config.file->find(from.profile) != nullptr ? " (it has one without \"profile\")" : "");
    }
    return places;
}

}  // namespace

ProfilePlace profile_place(const std::optional<std::string>& profile,
                           const Environment& environment) {
    ProfilePlace place;
    place.profile = kDefaultProfile;
    for (const char* name : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
        place.profile = variable(environment, name).value_or(place.profile);
    }
    place.profile = profile.value_or(place.profile);
    place.credentials_path =
        path_from(environment, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
    place.config_path = path_from(environment, "AWS_CONFIG_FILE", ".aws/config");
    return place;
}

Parsed<ProfileSearch> search_profile(const ProfilePlace& from) {
    Parsed<std::array<Place, 2>> places = open_both(from);
    if (!places) {
        return places.error();
    }
    auto& [credentials, config] = *places;
    if (auto problem = other_source(kBeforeKeys, *places, from.profile)) {
        return *problem;
    }
    ProfileSearch search;
    Parsed<std::optional<Credentials>> keys = keys_of(credentials, from.profile);
    if (keys && !*keys) {
        if (auto problem = other_source(kBeforeConfigKeys, *places, from.profile)) {
            return *problem;
        }
        keys = keys_of(config, from.profile);
    }
    if (!keys) {
        return keys.error();
    }
    search.found = std::move(*keys);
    search.looked_at = fmt::format("{}; {}", credentials.why_not, config.why_not);
    return search;
}

}  // namespace keyferry
