// SPDX-License-Identifier: Apache-2.0
#include "io/aws/endpoint.hpp"

#include "io/names/host_name.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/lower_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <optional>

namespace keyferry::io {

namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_ipv6(const std::string& host) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// The result depends only on the address in the URL. If names were resolved, a name server could
/// determine what is sent unencrypted. RFC 6761 defines "localhost" as loopback.
bool is_loopback(const std::string& host) {
    if (host == "localhost") {
        return true;
    }
    in_addr four{};
    if (::inet_pton(AF_INET, host.c_str(), &four) == 1) {
        constexpr std::uint32_t kLoopbackNet = 127;
        return (ntohl(four.s_addr) >> 24U) == kLoopbackNet;
    }
    in6_addr six{};
    return ::inet_pton(AF_INET6, host.c_str(), &six) == 1 &&
           std::memcmp(&six, &in6addr_loopback, sizeof(six)) == 0;
}

/// Allows only characters that need no percent-encoding. No service needs other characters, and
/// without them, every path has a unique spelling.
bool is_plain_path(std::string_view path) {
    return std::all_of(path.begin(), path.end(), [](char c) {
        return is_letter_or_digit(c) || std::strchr("/-._~", c) != nullptr;
    });
}

ParseProblem url_problem(std::string_view url, std::string_view what) {
    return ParseProblem{fmt::format("{} is not a valid URL: {}", in_quotes(url), what)};
}

/// "HOST", "HOST:PORT", "[IPV6]", "[IPV6]:PORT"
struct Authority {
    std::string host;
    std::optional<std::uint16_t> port;
};

Parsed<Authority> parse_authority(std::string_view url, std::string_view text) {
    if (text.find('@') != std::string_view::npos) {
        // Not quoted, because it may contain a password.
        return ParseProblem{
            "an AWS endpoint cannot contain a user name; put credentials in the environment or a "
            "profile"};
    }
    Authority result;
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        result.host = lower_case(text.substr(1, end == std::string_view::npos ? end : end - 1));
        std::string_view rest =
            end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        has_port = rest.starts_with(':');
        port = has_port ? rest.substr(1) : std::string_view();
        if (end == std::string_view::npos || !is_ipv6(result.host) ||
            (!has_port && !rest.empty())) {
            return url_problem(url, "the host is not an IPv6 address in brackets");
        }
    } else {
        const std::size_t colon = text.find(':');
        result.host = lower_case(text.substr(0, colon));
        has_port = colon != std::string_view::npos;
        port = has_port ? text.substr(colon + 1) : std::string_view();
        if (!is_host_name(result.host)) {
            return url_problem(url, "the host is not a valid host name");
        }
    }
    if (has_port) {
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (error != std::errc() || end != port.data() + port.size() || number == 0) {
            return url_problem(url, "the port is not a number from 1 to 65535");
        }
        result.port = number;
    }
    return result;
}

}  // namespace

Parsed<Endpoint> Endpoint::parse(std::string_view url) {
    if (url.size() > kUrlBytesMax) {
        return url_problem(url, fmt::format("it has more than {} characters", kUrlBytesMax));
    }
    const std::size_t scheme_end = url.find("://");
    const std::string scheme = lower_case(url.substr(0, scheme_end));
    if (scheme_end == std::string_view::npos || (scheme != "https" && scheme != "http")) {
        return url_problem(url, "it must begin with https:// (or http:// for loopback)");
    }
    const std::string_view rest = url.substr(scheme_end + 3);
    if (rest.find_first_of("?#") != std::string_view::npos) {
        return url_problem(url, "an endpoint cannot have a query or a fragment");
    }
    const std::size_t slash = rest.find('/');
    const Parsed<Authority> authority = parse_authority(url, rest.substr(0, slash));
    if (!authority) {
        return authority.error();
    }
    const std::string_view path = slash == std::string_view::npos ? "/" : rest.substr(slash);
    if (!is_plain_path(path)) {
        return url_problem(url, "its path may contain only letters, digits and / - . _ ~");
    }
    const bool https = scheme == "https";
    if (!https && !is_loopback(authority->host)) {
        return url_problem(url,
                           "plain http is allowed for loopback only, because it would expose the "
                           "session token on the network; use https://");
    }
    return Endpoint(https,
                    authority->host,
                    authority->port.value_or(https ? kHttpsPort : kHttpPort),
                    std::string(path));
}

std::string Endpoint::host_header() const {
    const std::string name = is_ipv6(host) ? fmt::format("[{}]", host) : host;
    return port == (https ? kHttpsPort : kHttpPort) ? name : fmt::format("{}:{}", name, port);
}

std::string Endpoint::url() const {
    return fmt::format("{}://{}{}", https ? "https" : "http", host_header(), path);
}

}  // namespace keyferry::io
