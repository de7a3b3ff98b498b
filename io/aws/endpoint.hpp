// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/parsed.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::io {

inline constexpr std::size_t kUrlBytesMax = 2048;
inline constexpr std::uint16_t kHttpPort = 80;
inline constexpr std::uint16_t kHttpsPort = 443;

/// The endpoint of a service: the parts of an http or https URL.
struct Endpoint {
    Endpoint(bool https_, std::string host_, std::uint16_t port_, std::string path_)
        : https(https_), host(std::move(host_)), port(port_), path(std::move(path_)) {}

    /// Accepts http://HOST[:PORT][/PATH] and https://..., where HOST is a name, an IPv4 address or
    /// an IPv6 address in brackets. Rejects user names, queries and fragments. Also rejects plain
    /// http, except for loopback (127.0.0.0/8, ::1, localhost), because KMS requires TLS and an
    /// unencrypted request would expose the session token.
    [[nodiscard]] static Parsed<Endpoint> parse(std::string_view url);

    /// Returns the Host header; includes the port only if it is not the scheme's default.
    [[nodiscard]] std::string host_header() const;

    /// Returns the URL for messages.
    [[nodiscard]] std::string url() const;

    bool https;
    std::string host;  ///< lower case; an IPv6 address without brackets
    std::uint16_t port;
    std::string path;  ///< starts with '/'; the path of every request

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace keyferry::io
