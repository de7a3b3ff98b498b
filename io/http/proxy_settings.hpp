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

/// An HTTP proxy.
struct ProxyServer {
    ProxyServer() = default;
    std::string host;  ///< host name or IP address; IPv6 addresses without brackets
    std::uint16_t port = 0;
    /// The value of the Proxy-Authorization header; empty if not needed. It is a secret and is sent
    /// only to the proxy. (It is not wiped, because the environment contains the same bytes
    /// anyway.)
    std::string authorization;

    /// Returns "host:port" for messages, with IPv6 addresses in brackets.
    [[nodiscard]] std::string text() const { return HttpOrigin(false, host, port).text(); }
};

/// Selects the proxy for an origin as the AWS CLI does, from the variables HTTPS_PROXY, HTTP_PROXY
/// and NO_PROXY.
class ProxySettings {
  public:
    /// No proxy.
    ProxySettings() = default;

    /// Parses the values of the three variables; an empty value means that the variable is not set.
    /// A proxy has the form [http://][USER[:PASSWORD]@]HOST[:PORT]; user and password may be
    /// percent-encoded, and the default port is 80. `no_proxy` is a comma-separated list of hosts
    /// and domains, with or without a leading dot and a port; "*" matches all. The error names the
    /// variable and never contains the user or password.
    [[nodiscard]] static Parsed<ProxySettings> parse(std::string_view https_proxy,
                                                     std::string_view http_proxy,
                                                     std::string_view no_proxy);

    /// Returns the proxy for `origin`, or nullptr for a direct connection. The pointer is valid as
    /// long as this object exists.
    ///
    /// Plain HTTP is used only for endpoints on this machine (io/aws/endpoint.hpp). Such requests
    /// are not sent through a remote proxy, because they would cross the network unencrypted.
    [[nodiscard]] const ProxyServer* for_origin(const HttpOrigin& origin) const;

  private:
    std::optional<ProxyServer> https_;
    std::optional<ProxyServer> http_;
    std::vector<std::string> direct_;  ///< from no_proxy: lower case, without leading dots
};

}  // namespace keyferry::io
