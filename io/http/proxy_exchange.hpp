// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/http_origin.hpp"
#include "io/http/proxy_settings.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::io {

/// What asks `proxy` for a tunnel to `origin`: a CONNECT request, whole.
[[nodiscard]] std::string connect_request(const HttpOrigin& origin, const ProxyServer& proxy);

/// `request`, which is one for `origin` beginning "METHOD /path HTTP/1.1", as `proxy` wants it when
/// no tunnel is needed: with the whole URL in its first line, and the proxy's authorization.
[[nodiscard]] std::string in_absolute_form(std::string_view request,
                                           const HttpOrigin& origin,
                                           const ProxyServer& proxy);

/// Reads a proxy's response to CONNECT. A 2xx opens the tunnel at the end of its head, whatever the
/// head says of a body; the origin speaks TLS then and waits for us, so nothing may come behind.
class TunnelResponse {
  public:
    enum class State : std::uint8_t { incomplete, open, failed };

    explicit TunnelResponse(std::size_t head_bytes_max) : head_bytes_max_(head_bytes_max) {}

    State received(std::string_view bytes);

    /// For failed: what is wrong, and what to do where that is known.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  private:
    State failed(std::string problem);

    const std::size_t head_bytes_max_;
    std::string head_;
    std::string problem_;
};

}  // namespace keyferry::io
