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

/// The variables of this process.
[[nodiscard]] io::Environment process_environment();

/// The way to KMS and what stands beside it, as options, the environment and the profile say.
struct KmsRoute {
    io::EndpointSettings kms;
    io::CredentialEndpoints credentials;
    /// Of Account Management; nothing where KMS is not AWS's, whose credentials are none of AWS's
    /// business then.
    std::optional<io::Endpoint> account;
    std::string ca_file;  ///< empty for the system's
    io::ProxySettings proxies;

    [[nodiscard]] io::HttpSettings http() const;

    /// Whether there is an STS that knows the accounts of this KMS: where it is AWS's, and where
    /// the user says which STS is.
    [[nodiscard]] bool has_sts(const FleetScope& scope) const;

    /// "https://kms.eu-west-1.amazonaws.com and 3 more", or the one URL that serves all Regions;
    /// and the proxy on the way there.
    [[nodiscard]] std::string text(const FleetScope& scope) const;
};

/// Where Account Management of the partition "aws" is: the only one with Regions to opt in to.
[[nodiscard]] io::Region account_region();

/// The problem is fit to be told: what was set where.
[[nodiscard]] io::Parsed<KmsRoute> find_route(const KmsOptions& options);

}  // namespace keyferry::cli
