// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/endpoint.hpp"
#include "io/names/parsed.hpp"

#include <string>
#include <string_view>

namespace keyferry::io {

/// The URL of a service beside the program that hands out credentials: of a container's agent, of
/// an EC2 instance.
struct ServiceUrl {
    ServiceUrl(Endpoint endpoint_, std::string target_)
        : endpoint(std::move(endpoint_)), target(std::move(target_)) {}

    /// https anywhere; plain http only to loopback and to the link-local addresses where AWS has
    /// such services (169.254.169.254, [fd00:ec2::254], 169.254.170.2, 169.254.170.23,
    /// [fd00:ec2::23]): whoever else stood there would see the credentials, or choose them.
    [[nodiscard]] static Parsed<ServiceUrl> parse(std::string_view url);

    /// The URL again, for messages.
    [[nodiscard]] std::string url() const;

    Endpoint endpoint;   ///< its path is "/"
    std::string target;  ///< path and query as in a request line: "/v2/credentials?id=1"
};

}  // namespace keyferry::io
