// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/endpoint_settings.hpp"
#include "io/aws/environment.hpp"
#include "io/aws/shared_config.hpp"
#include "io/http/http_settings.hpp"
#include "io/http/proxy_settings.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"
#include "tools/keyferry/access/fleet_scope.hpp"
#include "tools/keyferry/options/kms_options.hpp"

#include <memory>
#include <optional>
#include <string>

namespace keyferry::cli {

/// Environment variables of this process.
[[nodiscard]] io::Environment process_environment();

/// Endpoints, proxies and certificates, from options, the environment and the profile.
struct KmsRoute {
    io::EndpointSettings kms;
    io::CredentialEndpoints credentials;
    /// The Account Management endpoint. nullopt for a custom KMS endpoint, because its credentials
    /// must not be sent to AWS.
    std::optional<io::Endpoint> account;
    std::string ca_file;  ///< empty: the system's certificates
    io::ProxySettings proxies;
    /// The AWS files that the route was read from. The first credentials are found in the same
    /// version of them. Contains secrets.
    std::shared_ptr<const io::SharedConfig> config;

    [[nodiscard]] io::HttpSettings http() const;

    /// The scheme, host and port of the first custom endpoint in use; empty if all endpoints are
    /// AWS endpoints.
    [[nodiscard]] std::string custom_origin(const FleetScope& scope) const;

    /// Whether an STS endpoint is known for the accounts of this KMS: either KMS is AWS KMS, or the
    /// user has set an STS endpoint.
    [[nodiscard]] bool has_sts(const FleetScope& scope) const;

    /// The endpoints, such as "https://kms.eu-west-1.amazonaws.com and 3 more", or one URL if all
    /// Regions share it. Includes the proxy if one is used.
    [[nodiscard]] std::string text(const FleetScope& scope) const;
};

/// The Region of Account Management in the "aws" partition, which is the only partition with opt-in
/// Regions.
[[nodiscard]] io::Region account_region();

/// Determines the route. Error messages name the invalid setting and its source.
[[nodiscard]] io::Parsed<KmsRoute> find_route(const KmsOptions& options);

}  // namespace keyferry::cli
