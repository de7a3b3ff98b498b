// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/http_origin.hpp"
#include "io/http/proxy_settings.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::io {

/// Returns the complete CONNECT request that asks `proxy` for a tunnel to `origin`.
[[nodiscard]] std::string connect_request(const HttpOrigin& origin, const ProxyServer& proxy);

/// Rewrites `request`, a request to `origin` that begins with "METHOD /path HTTP/1.1", so that it
/// can be sent through `proxy` without a tunnel. Puts the absolute URL into the request line and
/// adds proxy authorization.
[[nodiscard]] std::string to_absolute_form(std::string_view request,
                                           const HttpOrigin& origin,
                                           const ProxyServer& proxy);

/// Parses a proxy's response to CONNECT. The tunnel begins directly after the header section of a
/// 2xx response, even if the headers announce a body. No data may follow the header section,
/// because the client sends the first bytes in TLS.
class TunnelResponse {
  public:
    enum class State : std::uint8_t { incomplete, open, failed };

    explicit TunnelResponse(std::size_t head_bytes_max) : head_bytes_max_(head_bytes_max) {}

    State received(std::string_view bytes);

    /// The error for State::failed, with advice if possible.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  private:
    State failed(std::string problem);

    const std::size_t head_bytes_max_;
    std::string head_;
    std::string problem_;
};

}  // namespace keyferry::io
