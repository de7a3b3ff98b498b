// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <string>

namespace keyferry::io {

/// The destination of requests: host, port, and whether to use TLS. Connections are pooled per
/// origin.
struct HttpOrigin {
    HttpOrigin(bool tls_, std::string host_, std::uint16_t port_)
        : tls(tls_), host(std::move(host_)), port(port_) {}

    bool tls;
    std::string host;  ///< host name or IP address; IPv6 addresses without brackets
    std::uint16_t port;

    /// Returns "host:port" for messages, with IPv6 addresses in brackets.
    [[nodiscard]] std::string text() const {
        return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                                   : fmt::format("[{}]:{}", host, port);
    }

    friend bool operator==(const HttpOrigin&, const HttpOrigin&) = default;
    friend auto operator<=>(const HttpOrigin&, const HttpOrigin&) = default;
};

}  // namespace keyferry::io
