// SPDX-License-Identifier: Apache-2.0
// The credentials of a profile itself, without source_profile; see credential_chain.hpp.
#include "io/aws/command_words.hpp"
#include "io/aws/credential_chain.hpp"
#include "io/aws/profile_settings.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/shell_word.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace keyferry::io {

namespace {

using MaybeSource = Parsed<std::optional<CredentialSource>>;

/// The sources of one profile; each returns nullopt if the profile does not configure it.
class ProfileSources {
  public:
    ProfileSources(std::string_view profile,
                   const Environment& environment,
                   const SharedConfig& config)
        : profile_(profile), environment_(environment), config_(config) {}

    MaybeSource own_source() const;

  private:
    MaybeSource web_identity() const;
    MaybeSource sso() const;
    MaybeSource process() const;
    MaybeSource keys(std::optional<ProfileValue> (SharedConfig::*in_file)(std::string_view,
                                                                          std::string_view)
                         const) const;

    std::string_view profile_;
    const Environment& environment_;
    const SharedConfig& config_;
};

MaybeSource ProfileSources::own_source() const {
    for (const auto source : {&ProfileSources::web_identity, &ProfileSources::sso}) {
        MaybeSource found = (this->*source)();
        if (!found || *found) {
            return found;
        }
    }
    MaybeSource found = keys(&SharedConfig::in_credentials);
    if (!found || *found) {
        return found;
    }
    if (const auto login = config_.value(profile_, "login_session")) {
        return problem_at(
            *login,
            fmt::format("profile {} uses login_session, which is not supported yet. `aws configure "
                        "export-credentials --profile {} --format env` prints its credentials as "
                        "environment variables",
                        in_quotes(profile_),
                        shell_word(profile_)));
    }
    found = process();
    if (!found || *found) {
        return found;
    }
    return keys(&SharedConfig::in_config);
}

MaybeSource ProfileSources::web_identity() const {
    const std::optional<ProfileValue> file = config_.value(profile_, "web_identity_token_file");
    if (!file) {
        return std::optional<CredentialSource>();
    }
    const std::optional<ProfileValue> role = config_.value(profile_, "role_arn");
    if (!role) {
        return problem_at(*file,
                          fmt::format("profile {} has web_identity_token_file but no role_arn",
                                      in_quotes(profile_)));
    }
    Parsed<std::optional<std::chrono::seconds>> duration = role_duration(config_, profile_);
    if (!duration) {
        return duration.error();
    }
    const std::optional<ProfileValue> name = config_.value(profile_, "role_session_name");
    WebIdentitySource found;
    found.role_arn = role->value;
    found.session_name = name ? name->value : kDefaultSessionName;
    found.token_file = file->value;
    found.duration = *duration;
    found.where = profile_location(profile_, *file);
    return std::optional<CredentialSource>(std::move(found));
}

MaybeSource ProfileSources::sso() const {
    std::optional<ProfileValue> account = config_.value(profile_, "sso_account_id");
    std::optional<ProfileValue> role = config_.value(profile_, "sso_role_name");
    if (!account && !role) {
        return std::optional<CredentialSource>();
    }
    const std::optional<ProfileValue> session = config_.value(profile_, "sso_session");
    if (session && !config_.has_sso_session(session->value)) {
        return problem_at(*session,
                          fmt::format("{} has no section {}",
                                      config_.config_path(),
                                      in_quotes(fmt::format("[sso-session {}]", session->value))));
    }
    if (session) {
        if (const auto problem = config_.contradiction(profile_, session->value)) {
            return *problem;
        }
        // The session can add the account or the role.
        account = account ? account : config_.sso_session_value(session->value, "sso_account_id");
        role = role ? role : config_.sso_session_value(session->value, "sso_role_name");
    }
    const ProfileValue& first = account ? *account : *role;
    const auto lacks = [&](std::string_view what) {
        return problem_at(first,
                          fmt::format("profile {} uses SSO but has no {}; 'aws configure sso' "
                                      "writes all required settings",
                                      in_quotes(profile_),
                                      what));
    };
    if (!account || !role) {
        return lacks(account ? "sso_role_name" : "sso_account_id");
    }
    const Parsed<AccountId> account_id = AccountId::parse(account->value);
    if (!account_id) {
        return problem_at(*account, account_id.error().text);
    }
    const auto value = [&](std::string_view key) {
        return session ? config_.sso_session_value(session->value, key)
                       : config_.value(profile_, key);
    };
    const std::optional<ProfileValue> start_url = value("sso_start_url");
    const std::optional<ProfileValue> region_name = value("sso_region");
    if (!start_url || !region_name) {
        return lacks(start_url ? "sso_region" : "sso_start_url");
    }
    Parsed<Region> region = Region::parse(region_name->value);
    if (!region) {
        return problem_at(*region_name, region.error().text);
    }
    SsoSource found;
    found.session = session ? session->value : std::string_view();
    found.start_url = start_url->value;
    found.region = *std::move(region);
    found.account = account_id->digits();
    found.role = role->value;
    found.profile = profile_;
    found.cache_folder =
        fmt::format("{}/.aws/sso/cache", variable(environment_, "HOME").value_or(""));
    found.where = profile_location(profile_, *role);
    return std::optional<CredentialSource>(std::move(found));
}

MaybeSource ProfileSources::process() const {
    const std::optional<ProfileValue> command = config_.value(profile_, "credential_process");
    if (!command) {
        return std::optional<CredentialSource>();
    }
    Parsed<std::vector<std::string>> words = command_words(command->value);
    if (!words) {
        return problem_at(*command, "credential_process: " + words.error().text);
    }
    ProcessSource found;
    found.command = *std::move(words);
    found.where = profile_location(profile_, *command);
    return std::optional<CredentialSource>(std::move(found));
}

MaybeSource ProfileSources::keys(std::optional<ProfileValue> (SharedConfig::*in_file)(
    std::string_view, std::string_view) const) const {
    const auto value = [&](std::string_view key) {
        return (config_.*in_file)(profile_, key);
    };
    const std::optional<ProfileValue> id = value(kAccessKeyIdSetting);
    const std::optional<ProfileValue> secret = value(kSecretAccessKeySetting);
    if (!id && !secret) {
        return std::optional<CredentialSource>();
    }
    if (!id || !secret) {
        return problem_at(id ? *id : *secret,
                          fmt::format("profile {} has {} but no {}",
                                      in_quotes(profile_),
                                      id ? kAccessKeyIdSetting : kSecretAccessKeySetting,
                                      id ? kSecretAccessKeySetting : kAccessKeyIdSetting));
    }
    std::optional<ProfileValue> token = value("aws_session_token");
    if (!token) {
        token = value("aws_security_token");  // the old name of the key
    }
    Parsed<Credentials> credentials =
        make_credentials(id->value,
                         secret->value,
                         token ? token->value : std::string_view(),
                         fmt::format("profile {} of {}", in_quotes(profile_), id->path));
    if (!credentials) {
        return problem_at(*id, credentials.error().text);
    }
    if (const auto account_id = value("aws_account_id")) {
        const Parsed<AccountId> account = AccountId::parse(account_id->value);
        if (!account) {
            return problem_at(*account_id, account.error().text);
        }
        credentials->account = *account;
    }
    return std::optional<CredentialSource>(std::move(*credentials));
}

}  // namespace

Parsed<std::optional<std::chrono::seconds>> role_duration(const SharedConfig& config,
                                                          std::string_view profile) {
    constexpr int kLeast = 900;
    constexpr int kMost = 43'200;
    const std::optional<ProfileValue> text = config.value(profile, "duration_seconds");
    if (!text) {
        return std::optional<std::chrono::seconds>();
    }
    const std::string_view digits = text->value;
    int seconds = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc() || end != digits.data() + digits.size() || seconds < kLeast ||
        seconds > kMost) {
        return problem_at(*text,
                          fmt::format("duration_seconds is {}; expected a whole number from {} "
                                      "to {}",
                                      in_quotes(digits),
                                      kLeast,
                                      kMost));
    }
    return std::optional<std::chrono::seconds>(seconds);
}

Parsed<std::optional<CredentialSource>> find_profile_source(std::string_view profile,
                                                            const Environment& environment,
                                                            const SharedConfig& config) {
    return ProfileSources(profile, environment, config).own_source();
}

}  // namespace keyferry::io
