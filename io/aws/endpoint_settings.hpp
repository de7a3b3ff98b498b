// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/endpoint.hpp"
#include "io/aws/environment.hpp"
#include "io/aws/profile_settings.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace keyferry::io {

/// The AWS services that this program uses. It calls their Regional endpoints. (It does not use the
/// legacy global STS endpoint, which depends on a single Region. Account Management exists in only
/// one Region per partition: us-east-1 in "aws".)
enum class AwsService : std::uint8_t { kms, sts, account, sso };

/// Selects the endpoints of a service.
struct EndpointSettings {
    EndpointSettings() = default;
    std::optional<Endpoint> custom;  ///< used for all Regions; not combined with FIPS or dual-stack
    bool fips = false;               ///< use endpoints with FIPS 140 validated cryptography
    bool dual_stack = false;         ///< use endpoints that also have IPv6 addresses
};

/// Reads the user's settings for `service` as the AWS CLI does.
///
/// The custom endpoint is the first of: --endpoint-url (`endpoint_url`, only for KMS),
/// AWS_ENDPOINT_URL_KMS (_STS, _ACCOUNT), AWS_ENDPOINT_URL, endpoint_url in the service's block of
/// the profile's services section, endpoint_url in the profile. If
/// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the profile's ignore_configured_endpoint_urls is true,
/// only --endpoint-url is used.
///
/// FIPS is set with AWS_USE_FIPS_ENDPOINT or use_fips_endpoint, and dual-stack with
/// AWS_USE_DUALSTACK_ENDPOINT or use_dualstack_endpoint. As in the SDKs, combining either with a
/// custom endpoint is an error, because it is unknown whether the custom endpoint supports it. The
/// error names the conflicting settings.
[[nodiscard]] Parsed<EndpointSettings> find_endpoint_settings(
    AwsService service,
    const std::optional<std::string>& endpoint_url,
    const ProfileSettings& profile,
    const Environment& environment);

/// Endpoint settings of the services that provide credentials: STS and the SSO portal.
struct CredentialEndpoints {
    CredentialEndpoints() = default;
    EndpointSettings sts;
    EndpointSettings sso;
};

/// See find_endpoint_settings.
[[nodiscard]] Parsed<CredentialEndpoints> find_credential_endpoints(const ProfileSettings& profile,
                                                                    const Environment& environment);

/// Returns the endpoint of `service` in `region`: the custom endpoint, or AWS's own endpoint
/// according to the partition's naming rules. The host might not exist, because some Regions have
/// no FIPS endpoints.
[[nodiscard]] Endpoint regional_endpoint(AwsService service,
                                         const Region& region,
                                         const EndpointSettings& settings);

}  // namespace keyferry::io
