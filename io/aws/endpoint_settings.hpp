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

/// The services of AWS that this program asks: by their Regional endpoints. (STS's old global one
/// is not used: it stands in one Region, and falls with it. Account Management is in one Region of
/// a partition alone: in "aws", in us-east-1.)
enum class AwsService : std::uint8_t { kms, sts, account, sso };

/// Which endpoints of a service are asked.
struct EndpointSettings {
    EndpointSettings() = default;
    std::optional<Endpoint> custom;  ///< asked for all Regions; without FIPS and dual-stack
    bool fips = false;               ///< whose cryptography is validated by FIPS 140
    bool dual_stack = false;         ///< which have IPv6 addresses too
};

/// What the user has configured for `service`, as the AWS CLI reads it.
///
/// The first of these that says something is the custom endpoint: --endpoint-url (`endpoint_url`,
/// for KMS alone), AWS_ENDPOINT_URL_KMS (_STS, _ACCOUNT), AWS_ENDPOINT_URL, endpoint_url in
/// the service's block of the profile's services section, endpoint_url of the profile. All but the
/// option are passed over where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, or the profile's
/// ignore_configured_endpoint_urls, is true.
///
/// FIPS and dual-stack: AWS_USE_FIPS_ENDPOINT or use_fips_endpoint, AWS_USE_DUALSTACK_ENDPOINT or
/// use_dualstack_endpoint. A custom endpoint beside either is a problem, as it is for the SDKs: it
/// cannot be told whether it is what was asked for. The problem's text says what was set where.
[[nodiscard]] Parsed<EndpointSettings> find_endpoint_settings(
    AwsService service,
    const std::optional<std::string>& endpoint_url,
    const ProfileSettings& profile,
    const Environment& environment);

/// Those of who gives credentials: STS and the portal of single sign-on.
struct CredentialEndpoints {
    CredentialEndpoints() = default;
    EndpointSettings sts;
    EndpointSettings sso;
};

/// As find_endpoint_settings.
[[nodiscard]] Parsed<CredentialEndpoints> find_credential_endpoints(const ProfileSettings& profile,
                                                                    const Environment& environment);

/// Where `service` is asked in `region`: the custom endpoint, or AWS's own by the rules of its
/// partition. That the host exists is not known: partitions have Regions without FIPS endpoints.
[[nodiscard]] Endpoint regional_endpoint(AwsService service,
                                         const Region& region,
                                         const EndpointSettings& settings);

}  // namespace keyferry::io
