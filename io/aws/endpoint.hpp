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

/// Where requests go: the parts of an http or https URL.
struct Endpoint {
    Endpoint(bool https_, std::string host_, std::uint16_t port_, std::string path_)
        : https(https_), host(std::move(host_)), port(port_), path(std::move(path_)) {}

    /// Accepts http://HOST[:PORT][/PATH] and https://...; HOST is a name, an IPv4 address or an
    /// IPv6 address in brackets. Refuses user names, queries, fragments, and plain http to anything
    /// but loopback (127.0.0.0/8, ::1, localhost): KMS requires TLS, and a request in the clear
    /// shows the session token to everyone on the way.
    [[nodiscard]] static Parsed<Endpoint> parse(std::string_view url);

    /// The value of the Host header: the port is there only if it is not the scheme's own.
    [[nodiscard]] std::string host_header() const;

    /// The URL again, for messages.
    [[nodiscard]] std::string url() const;

    bool https;
    std::string host;  ///< lower case; an IPv6 address without brackets
    std::uint16_t port;
    std::string path;  ///< begins with '/'; the path of every request

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace keyferry::io
