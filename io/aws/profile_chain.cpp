// SPDX-License-Identifier: Apache-2.0
// Chains of profiles that assume roles; see credential_chain.hpp.
#include "io/aws/credential_chain.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/shell_word.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::io {

namespace {

/// Follows one chain of profiles.
class ChainReader {
  public:
    ChainReader(const Environment& environment, const SharedConfig& config)
        : environment_(environment), config_(config) {}

    Parsed<std::optional<CredentialChain>> read(const std::string& first);

  private:
    using MaybeSource = Parsed<std::optional<CredentialSource>>;

    /// Reads the settings for assuming a profile's role.
    Parsed<RoleStep> role_step(const std::string& profile, const ProfileValue& role) const;
    /// Returns the source of a role's credentials. If the chain continues with another profile,
    /// sets `profile` to it and returns nullopt.
    MaybeSource source_of_role(std::string& profile, const ProfileValue& role);
    MaybeSource source_by_name(const ProfileValue& name) const;
    /// Replaces `profile` with its source_profile, the value of `source`.
    std::optional<ParseProblem> follow_source_profile(std::string& profile,
                                                      const ProfileValue& source);

    bool has_keys(std::string_view profile) const {
        return config_.value(profile, kAccessKeyIdSetting) &&
               config_.value(profile, kSecretAccessKeySetting);
    }

    const Environment& environment_;
    const SharedConfig& config_;
    std::vector<std::string> visited_;
};

Parsed<std::optional<CredentialChain>> ChainReader::read(const std::string& first) {
    std::vector<RoleStep> roles;
    std::string profile = first;
    visited_ = {profile};
    std::optional<CredentialSource> origin;
    // As in the AWS CLI, if a profile is the source_profile of another profile and has access keys,
    // these keys are used even if the profile also names a role.
    while (assumes_role(config_, profile) && (roles.empty() || !has_keys(profile))) {
        const ProfileValue role = *config_.value(profile, "role_arn");
        if (roles.size() == kRolesMax) {
            return problem_at(role, fmt::format("a role chain has at most {} roles", kRolesMax));
        }
        Parsed<RoleStep> step = role_step(profile, role);
        if (!step) {
            return step.error();
        }
        roles.push_back(std::move(*step));
        MaybeSource source = source_of_role(profile, role);
        if (!source) {
            return source.error();
        }
        if (*source) {
            origin = std::move(*source);
            break;
        }
    }
    if (!origin) {
        MaybeSource own = find_profile_source(profile, environment_, config_);
        if (!own) {
            return own.error();
        }
        origin = std::move(*own);
    }
    if (!origin && !roles.empty()) {
        return ParseProblem{
            fmt::format("{} assumes its role with profile {}, which has no credentials: {}",
                        roles.back().where,
                        in_quotes(profile),
                        config_.describe_search(profile))};
    }
    if (!origin) {
        return std::optional<CredentialChain>();
    }
    CredentialChain plan(std::move(*origin));
    std::reverse(roles.begin(), roles.end());
    plan.roles = std::move(roles);
    return std::optional<CredentialChain>(std::move(plan));
}

Parsed<RoleStep> ChainReader::role_step(const std::string& profile,
                                        const ProfileValue& role) const {
    if (const auto device = config_.value(profile, "mfa_serial")) {
        return problem_at(
            *device,
            fmt::format(
                "profile {} requires an MFA code, which keyferry cannot prompt for. `aws "
                "configure export-credentials --profile {} --format env` prompts for it and "
                "prints environment variables to set",
                in_quotes(profile),
                shell_word(profile)));
    }
    Parsed<std::optional<std::chrono::seconds>> duration = role_duration(config_, profile);
    if (!duration) {
        return duration.error();
    }
    const auto text = [&](std::string_view key) {
        const auto found = config_.value(profile, key);
        return std::string(found ? found->value : std::string_view());
    };
    RoleStep step;
    step.role_arn = role.value;
    step.session_name = text("role_session_name");
    if (step.session_name.empty()) {
        step.session_name = kDefaultSessionName;
    }
    step.external_id = text("external_id");
    step.duration = *duration;
    step.where = profile_location(profile, role);
    return step;
}

ChainReader::MaybeSource ChainReader::source_of_role(std::string& profile,
                                                     const ProfileValue& role) {
    const std::optional<ProfileValue> source = config_.value(profile, "source_profile");
    const std::optional<ProfileValue> named = config_.value(profile, "credential_source");
    if (source && named) {
        return problem_at(
            *named,
            fmt::format(
                "profile {} has both source_profile and credential_source; remove one of them",
                in_quotes(profile)));
    }
    if (named) {
        return source_by_name(*named);
    }
    if (!source) {
        return problem_at(role,
                          fmt::format("profile {} has role_arn but no source credentials: set "
                                      "source_profile, credential_source or "
                                      "web_identity_token_file",
                                      in_quotes(profile)));
    }
    if (auto problem = follow_source_profile(profile, *source)) {
        return *problem;
    }
    return std::optional<CredentialSource>();
}

std::optional<ParseProblem> ChainReader::follow_source_profile(std::string& profile,
                                                               const ProfileValue& source) {
    std::string next(source.value);
    if (!config_.has_profile(next)) {
        return problem_at(source,
                          fmt::format("profile {} has source_profile {}, which does not exist: {}",
                                      in_quotes(profile),
                                      in_quotes(next),
                                      config_.describe_search(next)));
    }
    const bool was_visited = std::find(visited_.begin(), visited_.end(), next) != visited_.end();
    visited_.push_back(next);
    // A profile may name itself as its source_profile if it has access keys for assuming its role.
    if (was_visited && !(next == profile && has_keys(profile))) {
        std::string loop;
        for (const std::string& name : visited_) {
            loop += (loop.empty() ? "" : " -> ") + in_quotes(name);
        }
        return problem_at(source, fmt::format("the source_profile settings form a loop: {}", loop));
    }
    profile = std::move(next);
    return std::nullopt;
}

ChainReader::MaybeSource ChainReader::source_by_name(const ProfileValue& name) const {
    constexpr std::string_view kEnvironment = "Environment";
    constexpr std::string_view kInstance = "Ec2InstanceMetadata";
    constexpr std::string_view kContainer = "EcsContainer";
    const auto has_name = [&](std::string_view other) {
        return std::equal(
            name.value.begin(), name.value.end(), other.begin(), other.end(), [](char a, char b) {
                return (a | 0x20) == (b | 0x20);
            });
    };
    const auto taken = [&](auto found, std::string_view missing) -> MaybeSource {
        if (!found) {
            return problem_at(name, found.error().text);
        }
        if (!*found) {
            return problem_at(name, missing);
        }
        return std::optional<CredentialSource>(std::move(**found));
    };
    if (has_name(kEnvironment)) {
        return taken(environment_keys(environment_),
                     "credential_source is Environment, but AWS_ACCESS_KEY_ID is not set");
    }
    if (has_name(kInstance)) {
        return taken(environment_imds(environment_),
                     "credential_source is Ec2InstanceMetadata, but AWS_EC2_METADATA_DISABLED is "
                     "true");
    }
    if (has_name(kContainer)) {
        return taken(environment_container(environment_),
                     "credential_source is EcsContainer, but neither "
                     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                     "AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
    }
    return problem_at(name,
                      fmt::format("credential_source is {}; expected {}, {} or {}",
                                  in_quotes(name.value),
                                  kEnvironment,
                                  kInstance,
                                  kContainer));
}

}  // namespace

bool assumes_role(const SharedConfig& config, std::string_view profile) {
    return config.value(profile, "role_arn") && !config.value(profile, "web_identity_token_file");
}

Parsed<std::optional<CredentialChain>> find_profile_chain(const std::string& profile,
                                                          const Environment& environment,
                                                          const SharedConfig& config) {
    return ChainReader(environment, config).read(profile);
}

}  // namespace keyferry::io
