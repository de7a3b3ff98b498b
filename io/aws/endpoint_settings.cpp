// SPDX-License-Identifier: Apache-2.0
#include "io/aws/endpoint_settings.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace keyferry::io {

namespace {

/// The names of a service in host names, environment variables and the shared config file.
struct ServiceNames {
    std::string_view host;   ///< first part of the service's host names
    const char* variable;    ///< environment variable that sets the endpoint
    std::string_view block;  ///< block in the services section of the configuration file
};

constexpr std::array kServices{
    ServiceNames{"kms", "AWS_ENDPOINT_URL_KMS", "kms"},
    ServiceNames{"sts", "AWS_ENDPOINT_URL_STS", "sts"},
    ServiceNames{"account", "AWS_ENDPOINT_URL_ACCOUNT", "account"},
    ServiceNames{"portal.sso", "AWS_ENDPOINT_URL_SSO", "sso"},
};

const ServiceNames& names_of(AwsService service) {
    return kServices[static_cast<std::size_t>(service)];
}

std::optional<SettingValue> from_environment(const Environment& environment, const char* name) {
    const auto text = variable(environment, name);
    return text ? std::optional(SettingValue(*text, name)) : std::nullopt;
}

/// Returns the custom endpoint and where it is configured; nullopt if there is none.
Parsed<std::optional<SettingValue>> configured_url(AwsService service,
                                                   const ProfileSettings& profile,
                                                   const Environment& environment) {
    constexpr std::string_view kKey = "endpoint_url";
    if (is_true(setting(environment,
                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                        profile,
                        "ignore_configured_endpoint_urls"))) {
        return std::optional<SettingValue>();
    }
    const ServiceNames& names = names_of(service);
    for (const char* const name : {names.variable, "AWS_ENDPOINT_URL"}) {
        if (auto url = from_environment(environment, name)) {
            return url;
        }
    }
    Parsed<std::optional<SettingValue>> url = profile.find_in_service_block(names.block, kKey);
    return !url || *url ? url : profile.find(kKey);
}

/// Returns the error for a custom endpoint that is combined with FIPS or dual-stack (`requested`).
ParseProblem conflict(const SettingValue& custom, bool fips, const SettingValue& requested) {
    return ParseProblem{
        fmt::format("{} requests {} endpoints, but {} sets a custom endpoint, which might not "
                    "support this; remove one of the two",
                    requested.source,
                    fips ? "FIPS" : "dual-stack",
                    custom.source)};
}

}  // namespace

Parsed<EndpointSettings> find_endpoint_settings(AwsService service,
                                                const std::optional<std::string>& endpoint_url,
                                                const ProfileSettings& profile,
                                                const Environment& environment) {
    const auto fips_value =
        setting(environment, "AWS_USE_FIPS_ENDPOINT", profile, "use_fips_endpoint");
    const auto dual_stack_value =
        setting(environment, "AWS_USE_DUALSTACK_ENDPOINT", profile, "use_dualstack_endpoint");
    EndpointSettings settings;
    settings.fips = is_true(fips_value);
    settings.dual_stack = is_true(dual_stack_value);
    const bool has_option = endpoint_url && service == AwsService::kms;
    const Parsed<std::optional<SettingValue>> custom =
        has_option ? std::optional(SettingValue(*endpoint_url, "--endpoint-url"))
                   : configured_url(service, profile, environment);
    if (!custom) {
        return custom.error();
    }
    if (!*custom) {
        return settings;
    }
    const SettingValue& url = **custom;
    if (settings.fips || settings.dual_stack) {
        return conflict(url, settings.fips, settings.fips ? *fips_value : *dual_stack_value);
    }
    Parsed<Endpoint> endpoint = Endpoint::parse(url.text);
    if (!endpoint) {
        return ParseProblem{fmt::format("{}: {}", url.source, endpoint.error().text)};
    }
    settings.custom = std::move(*endpoint);
    return settings;
}

Parsed<CredentialEndpoints> find_credential_endpoints(const ProfileSettings& profile,
                                                      const Environment& environment) {
    Parsed<EndpointSettings> sts =
        find_endpoint_settings(AwsService::sts, std::nullopt, profile, environment);
    Parsed<EndpointSettings> sso =
        find_endpoint_settings(AwsService::sso, std::nullopt, profile, environment);
    if (!sts || !sso) {
        return sts ? sso.error() : sts.error();
    }
    CredentialEndpoints endpoints;
    endpoints.sts = *std::move(sts);
    endpoints.sso = *std::move(sso);
    return endpoints;
}

Endpoint regional_endpoint(AwsService service,
                           const Region& region,
                           const EndpointSettings& settings) {
    if (settings.custom) {
        return *settings.custom;
    }
    const Partition& partition = region.partition();
    const std::string_view suffix =
        settings.dual_stack ? partition.dual_stack_suffix : partition.dns_suffix;
    // In GovCloud, STS's standard endpoints are FIPS endpoints.
    const bool plain_is_fips =
        service == AwsService::sts && !settings.dual_stack && partition.name == "aws-us-gov";
    return Endpoint(true,
                    fmt::format("{}{}.{}.{}",
                                names_of(service).host,
                                settings.fips && !plain_is_fips ? "-fips" : "",
                                region.name(),
                                suffix),
                    kHttpsPort,
                    "/");
}

}  // namespace keyferry::io
