// SPDX-License-Identifier: Apache-2.0
// The search order of credential sources; see credential_chain.hpp.
#include "io/aws/credential_chain.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry::io {

namespace {

using MaybePlan = Parsed<std::optional<CredentialChain>>;

template <typename Origin>
MaybePlan plan_of(Parsed<std::optional<Origin>> origin) {
    if (!origin) {
        return origin.error();
    }
    if (!*origin) {
        return std::optional<CredentialChain>();
    }
    return std::optional<CredentialChain>(CredentialChain(CredentialSource(std::move(**origin))));
}

Parsed<std::optional<Region>> region_of(const std::string& profile,
                                        const Environment& environment,
                                        const SharedConfig& config) {
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
        if (const auto text = variable(environment, name)) {
            Parsed<Region> region = Region::parse(*text);
            if (!region) {
                return ParseProblem{fmt::format("{}: {}", name, region.error().text)};
            }
            return std::optional<Region>(*std::move(region));
        }
    }
    if (const auto text = config.value(profile, "region")) {
        Parsed<Region> region = Region::parse(text->value);
        if (!region) {
            return problem_at(*text, region.error().text);
        }
        return std::optional<Region>(*std::move(region));
    }
    return std::optional<Region>();
}

/// Searches the sources up to and including the profile.
MaybePlan plan_before_container(bool may_use_environment,
                                const std::string& profile,
                                const Environment& environment,
                                const SharedConfig& config) {
    if (may_use_environment) {
        MaybePlan keys = plan_of(environment_keys(environment));
        if (!keys || *keys) {
            return keys;
        }
        if (!assumes_role(config, profile)) {
            MaybePlan token = plan_of(environment_web_identity(environment));
            if (!token || *token) {
                return token;
            }
        }
    }
    return find_profile_chain(profile, environment, config);
}

}  // namespace

Parsed<CredentialChain> find_credential_chain(const std::optional<std::string>& profile,
                                              const Environment& environment,
                                              const SharedConfig& config) {
    const std::optional<std::string> named = named_profile(profile, environment);
    const std::string name = named.value_or(std::string(kDefaultProfile));
    if (named && !config.has_profile(name)) {
        return ParseProblem{fmt::format(
            "there is no profile {}: {}. 'aws configure list-profiles' lists the existing profiles",
            in_quotes(name),
            config.describe_search(name))};
    }
    const Parsed<std::optional<Region>> region = region_of(name, environment, config);
    if (!region) {
        return region.error();
    }
    const std::string searched_sources =
        fmt::format("{}; {}; no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or ..._FULL_URI is set",
                    profile ? "environment variables are ignored because of --profile"
                            : "AWS_ACCESS_KEY_ID and AWS_WEB_IDENTITY_TOKEN_FILE are not set",
                    config.describe_search(name));
    MaybePlan plan = plan_before_container(!profile, name, environment, config);
    if (plan && !*plan) {
        plan = plan_of(environment_container(environment));
    }
    if (plan && !*plan) {
        plan = plan_of(environment_imds(environment));
    }
    if (!plan) {
        return plan.error();
    }
    if (!*plan) {
        return ParseProblem{fmt::format(
            "no AWS credentials found: {}; AWS_EC2_METADATA_DISABLED is true. Set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, configure profile {} with 'aws "
            "configure', or choose another profile with --profile",
            searched_sources,
            in_quotes(name))};
    }
    (*plan)->region = *region;
    if (std::holds_alternative<ImdsSource>((*plan)->origin) && (*plan)->roles.empty()) {
        (*plan)->searched_sources = searched_sources;
    }
    return std::move(**plan);
}

}  // namespace keyferry::io
