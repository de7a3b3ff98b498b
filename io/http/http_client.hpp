// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/http/connection_lease.hpp"
#include "io/http/http_failure.hpp"
#include "io/http/http_origin.hpp"
#include "io/http/http_settings.hpp"
#include "io/http/response_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <variant>

namespace keyferry::io {

struct HttpEnvironment;

/// A complete response. It holds the connection on which it was received: views are valid as long
/// as the response exists, and other exchanges cannot use the connection until the response has
/// been destroyed. Redirects (3xx) are not followed.
class HttpResponse {
  public:
    explicit HttpResponse(ConnectionLease lease) noexcept : lease_(std::move(lease)) {}

    [[nodiscard]] int status() const noexcept;
    /// Followed by kBodyPaddingBytes readable bytes.
    [[nodiscard]] std::string_view body() const noexcept;
    /// The value without surrounding white space; empty if the header is missing.
    [[nodiscard]] std::string_view header(ResponseHeader name) const noexcept;

  private:
    ConnectionLease lease_;
};

using HttpOutcome = std::variant<HttpResponse, HttpFailure>;

/// Whether to resend a request over a new connection if a reused connection closed before the first
/// byte of the response. In that case, the server has usually not read the request, but this is not
/// certain, so use `if_stale` only for read-only requests.
enum class Repeat : std::uint8_t { never, if_stale };

/// An origin with its connection pool. Objects are cheap to copy. Keep one per origin instead of
/// calling HttpClient::target() for every request.
class HttpTarget {
  public:
    explicit HttpTarget(std::shared_ptr<ConnectionPool> pool) noexcept : pool_(std::move(pool)) {}

    /// Sends `request`, a complete HTTP/1.1 request whose bytes must stay valid until the call
    /// ends, and reads the response. Once any byte may have been sent, the request is resent only
    /// if `repeat` allows it. If an idle connection rejects the very first byte, nothing was sent,
    /// and the request is sent over a new connection.
    ///
    /// The call ends within HttpSettings::request_timeout plus HttpSettings::deadline_tick. If it
    /// is cancelled (terminal cancellation), it throws operation_aborted, and it is unknown whether
    /// the request was sent. The only other exception is std::bad_alloc.
    [[nodiscard]] boost::asio::awaitable<HttpOutcome> exchange(std::string_view request,
                                                               Repeat repeat = Repeat::never) const;

  private:
    std::shared_ptr<ConnectionPool> pool_;
};

/// A single-threaded HTTP/1.1 client that keeps connections to many origins alive, over TLS (1.2 or
/// later; the certificate and host name are always verified) or plain TCP. It adds nothing to
/// requests and does not interpret responses.
class HttpClient {
  public:
    /// Throws std::runtime_error if the CA file in `settings` cannot be used. `io` and `clock` must
    /// outlive the client. Pending exchanges may outlive the client; they end when `io` is
    /// destroyed.
    HttpClient(boost::asio::io_context& io, Clock& clock, HttpSettings settings);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    HttpTarget target(const HttpOrigin& origin);

  private:
    std::shared_ptr<HttpEnvironment> environment_;
    std::map<HttpOrigin, std::shared_ptr<ConnectionPool>> pools_;
};

}  // namespace keyferry::io
