// SPDX-License-Identifier: Apache-2.0
#include "io/http/proxy_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::io {
namespace {

/// Returns the header line; empty if there is no authorization.
std::string authorization_line(const ProxyServer& proxy) {
    return proxy.authorization.empty()
               ? std::string()
               : fmt::format("Proxy-Authorization: {}\r\n", proxy.authorization);
}

/// Returns the status of "HTTP/1.1 200 Connection established"; 0 for an invalid status line.
int status_of(std::string_view line) {
    constexpr std::string_view kBeginning = "HTTP/1.";
    constexpr std::size_t kStatusAt = 9;
    const bool is_one = line.starts_with(kBeginning) && line.size() >= kStatusAt + 3 &&
                        line[kStatusAt - 1] == ' ' &&
                        std::all_of(line.begin() + kStatusAt,
                                    line.begin() + kStatusAt + 3,
                                    [](char c) { return c >= '0' && c <= '9'; });
    return is_one ? (line[kStatusAt] - '0') * 100 + (line[kStatusAt + 1] - '0') * 10 +
                        (line[kStatusAt + 2] - '0')
                  : 0;
}

}  // namespace

std::string connect_request(const HttpOrigin& origin, const ProxyServer& proxy) {
    return fmt::format(
        "CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n{1}\r\n", origin.text(), authorization_line(proxy));
}

std::string to_absolute_form(std::string_view request,
                             const HttpOrigin& origin,
                             const ProxyServer& proxy) {
    const std::size_t path = request.find(' ') + 1;
    const std::size_t line_end = request.find("\r\n") + 2;
    return fmt::format("{}{}://{}{}{}{}",
                       request.substr(0, path),
                       origin.tls ? "https" : "http",
                       origin.text(),
                       request.substr(path, line_end - path),
                       authorization_line(proxy),
                       request.substr(line_end));
}

TunnelResponse::State TunnelResponse::received(std::string_view bytes) {
    head_ += bytes;
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) {
        return head_.size() > head_bytes_max_
                   ? failed(fmt::format("the headers exceed {} bytes", head_bytes_max_))
                   : State::incomplete;
    }
    const int status = status_of(head_);
    if (status == 0) {
        return failed("not an HTTP/1.1 response");
    }
    if (status / 100 != 2) {
        constexpr int kAuthenticationRequired = 407;
        return failed(fmt::format("HTTP status {}{}",
                                  status,
                                  status == kAuthenticationRequired
                                      ? " (the proxy requires authentication: add USER:PASSWORD@ "
                                        "before the host in HTTPS_PROXY)"
                                      : ""));
    }
    return end + 4 == head_.size() ? State::open : failed("unexpected data after the response");
}

TunnelResponse::State TunnelResponse::failed(std::string problem) {
    problem_ = std::move(problem);
    return State::failed;
}

}  // namespace keyferry::io
