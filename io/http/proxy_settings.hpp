// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/http_origin.hpp"
#include "io/names/parsed.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::io {

/// An HTTP proxy on the way to an origin.
struct ProxyServer {
    ProxyServer() = default;
    std::string host;  ///< a name or an address; an IPv6 address without brackets
    std::uint16_t port = 0;
    /// The value of the header Proxy-Authorization; empty for none. A secret: it goes to the proxy
    /// and nowhere else. (It is not wiped, since the environment keeps the same bytes.)
    std::string authorization;

    /// "host:port" for messages, an IPv6 address in brackets.
    [[nodiscard]] std::string text() const { return HttpOrigin(false, host, port).text(); }
};

/// Which origins are reached through which proxy, as the AWS CLI has it: by the variables
/// HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
class ProxySettings {
  public:
    /// No proxy.
    ProxySettings() = default;

    /// The values of the three variables, each empty where it is not set. A proxy is
    /// [http://][USER[:PASSWORD]@]HOST[:PORT]; user and password may be percent-encoded, and the
    /// port is 80 where none is said. `no_proxy` is a list, separated by commas, of hosts and of
    /// domains with or without a dot before them, each with a port or without; "*" stands for all.
    /// The problem's text names the variable and does not repeat a user or a password.
    [[nodiscard]] static Parsed<ProxySettings> parse(std::string_view https_proxy,
                                                     std::string_view http_proxy,
                                                     std::string_view no_proxy);

    /// The proxy for `origin`; nullptr where it is reached directly. Valid as long as this.
    ///
    /// Plain HTTP is spoken with this machine alone (io/aws/endpoint.hpp), and a proxy elsewhere is
    /// not used for it: the request would cross the network in the clear.
    [[nodiscard]] const ProxyServer* for_origin(const HttpOrigin& origin) const;

  private:
    std::optional<ProxyServer> https_;
    std::optional<ProxyServer> http_;
    std::vector<std::string> direct_;  ///< of no_proxy: lower case, without dots before them
};

}  // namespace keyferry::io
