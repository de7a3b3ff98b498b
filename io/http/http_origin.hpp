// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <string>

namespace keyferry::io {

/// Where requests go: a host, a port, and whether TLS is spoken there. Connections are pooled per
/// origin.
struct HttpOrigin {
    HttpOrigin(bool tls_, std::string host_, std::uint16_t port_)
        : tls(tls_), host(std::move(host_)), port(port_) {}

    bool tls;
    std::string host;  ///< a name or an address; an IPv6 address without brackets
    std::uint16_t port;

    /// "host:port" for messages, an IPv6 address in brackets.
    [[nodiscard]] std::string text() const {
        return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                                   : fmt::format("[{}]:{}", host, port);
    }

    friend bool operator==(const HttpOrigin&, const HttpOrigin&) = default;
    friend auto operator<=>(const HttpOrigin&, const HttpOrigin&) = default;
};

}  // namespace keyferry::io
