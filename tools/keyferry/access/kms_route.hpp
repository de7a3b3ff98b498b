// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/endpoint_settings.hpp"
#include "io/aws/environment.hpp"
#include "io/http/http_settings.hpp"
#include "io/http/proxy_settings.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"
#include "tools/keyferry/access/fleet_scope.hpp"
#include "tools/keyferry/options/kms_options.hpp"

#include <optional>
#include <string>

namespace keyferry::cli {

/// Environment variables of this process.
[[nodiscard]] io::Environment process_environment();

/// Endpoints, proxies and certificates, from options, the environment and the profile.
struct KmsRoute {
    io::EndpointSettings kms;
    io::CredentialEndpoints credentials;
    /// The endpoint of Account Management. nullopt if the KMS endpoint is not AWS's, since the
    /// credentials for it must not be sent to AWS.
    std::optional<io::Endpoint> account;
    std::string ca_file;  ///< empty: the system's certificates
    io::ProxySettings proxies;

    [[nodiscard]] io::HttpSettings http() const;

    /// The scheme, host and port of the first endpoint in use that is not AWS's endpoint for its
    /// Region; empty if all endpoints are AWS's.
    [[nodiscard]] std::string custom_origin(const FleetScope& scope) const;

    /// Whether it is known which STS is responsible for the accounts of this KMS, because the KMS
    /// is AWS's or the user has set an STS endpoint.
    [[nodiscard]] bool has_sts(const FleetScope& scope) const;

    /// "https://kms.eu-west-1.amazonaws.com and 3 more", or the single URL for all Regions, and the
    /// proxy if one is used.
    [[nodiscard]] std::string text(const FleetScope& scope) const;
};

/// Region of Account Management in the partition "aws", the only one with opt-in Regions.
[[nodiscard]] io::Region account_region();

/// Determines the route. An error names the invalid setting and where it is configured.
[[nodiscard]] io::Parsed<KmsRoute> find_route(const KmsOptions& options);

}  // namespace keyferry::cli
