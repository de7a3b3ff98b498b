// SPDX-License-Identifier: Apache-2.0
#include "io/aws/service_url.hpp"

#include "io/names/in_quotes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keyferry::io {

namespace {

constexpr std::string_view kHttp = "http://";

constexpr std::array<std::string_view, 5> kServiceHosts{
    "169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

bool has_port(std::string_view authority) {
    const std::size_t colon = authority.rfind(':');
    return colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
}

/// Parses scheme and authority as an endpoint.
Parsed<Endpoint> origin_of(std::string_view url, std::string_view origin) {
    Parsed<Endpoint> endpoint = Endpoint::parse(origin);  // https, and http to loopback
    if (endpoint || !origin.starts_with(kHttp)) {
        return endpoint;
    }
    const std::string_view authority = origin.substr(kHttp.size());
    Parsed<Endpoint> service = Endpoint::parse(fmt::format("https://{}", authority));
    if (!service) {
        return service.error();
    }
    if (std::find(kServiceHosts.begin(), kServiceHosts.end(), service->host) ==
        kServiceHosts.end()) {
        return ParseProblem{fmt::format(
            "{} is not a valid credentials URL: plain http is allowed only for loopback and AWS's "
            "link-local services (169.254.170.2, 169.254.170.23, [fd00:ec2::23]); "
            "use https://",
            in_quotes(url))};
    }
    service->https = false;
    service->port = has_port(authority) ? service->port : kHttpPort;
    return service;
}

}  // namespace

Parsed<ServiceUrl> ServiceUrl::parse(std::string_view url) {
    const std::size_t scheme_end = url.find("://");
    const std::size_t authority_end = scheme_end == std::string_view::npos
                                          ? std::string_view::npos
                                          : url.find_first_of("/?#", scheme_end + 3);
    Parsed<Endpoint> endpoint = origin_of(url, url.substr(0, authority_end));
    if (!endpoint) {
        return endpoint.error();
    }
    std::string target(authority_end == std::string_view::npos ? "" : url.substr(authority_end));
    if (!target.starts_with('/')) {
        target.insert(0, "/");
    }
    const bool is_plain =
        target.size() <= kUrlBytesMax && std::all_of(target.begin(), target.end(), [](char c) {
            return c > ' ' && c <= '~' && c != '#';
        });
    if (!is_plain) {
        return ParseProblem{fmt::format(
            "{} is not a valid URL: its path must have at most {} printable characters, "
            "without spaces or '#'",
            in_quotes(url),
            kUrlBytesMax)};
    }
    return ServiceUrl(*std::move(endpoint), std::move(target));
}

std::string ServiceUrl::url() const {
    return fmt::format(
        "{}://{}{}", endpoint.https ? "https" : "http", endpoint.host_header(), target);
}

}  // namespace keyferry::io
