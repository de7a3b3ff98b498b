// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/endpoint.hpp"
#include "io/names/parsed.hpp"

#include <string>
#include <string_view>

namespace keyferry::io {

/// The URL of a local service that provides credentials: the container credentials endpoint or the
/// EC2 instance metadata service.
struct ServiceUrl {
    ServiceUrl(Endpoint endpoint_, std::string target_)
        : endpoint(std::move(endpoint_)), target(std::move(target_)) {}

    /// Accepts https for any host, but plain http only for loopback and the link-local addresses of
    /// AWS services (169.254.169.254, [fd00:ec2::254], 169.254.170.2, 169.254.170.23,
    /// [fd00:ec2::23]). If plain http were accepted for other hosts, someone on the network could
    /// read or replace the credentials.
    [[nodiscard]] static Parsed<ServiceUrl> parse(std::string_view url);

    /// Returns the URL for messages.
    [[nodiscard]] std::string url() const;

    Endpoint endpoint;   ///< with the path "/"
    std::string target;  ///< path and query for the request line: "/v2/credentials?id=1"
};

}  // namespace keyferry::io
