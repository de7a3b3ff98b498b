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

/// A whole response. It keeps its connection: views of it are valid as long as it lives, and the
/// connection is free for others only then. Redirects (3xx) are responses like any other.
class HttpResponse {
  public:
    explicit HttpResponse(ConnectionLease lease) noexcept : lease_(std::move(lease)) {}

    [[nodiscard]] int status() const noexcept;
    /// Followed by kBodyPaddingBytes that may be read.
    [[nodiscard]] std::string_view body() const noexcept;
    /// The value without white space around it; empty when the response has no such header.
    [[nodiscard]] std::string_view header(ResponseHeader name) const noexcept;

  private:
    ConnectionLease lease_;
};

using HttpOutcome = std::variant<HttpResponse, HttpFailure>;

/// Whether a request may be sent once more, over a new connection, when a connection that was used
/// before ended ahead of the response's first byte. Most often nobody has read the request then,
/// but nobody knows: only for requests that change nothing.
enum class Repeat : std::uint8_t { never, if_stale };

/// One origin as an HttpClient sees it, with its pool of connections. Cheap to copy; keep one per
/// origin rather than asking the client for every request.
class HttpTarget {
  public:
    explicit HttpTarget(std::shared_ptr<ConnectionPool> pool) noexcept : pool_(std::move(pool)) {}

    /// Sends `request`, the bytes of a whole HTTP/1.1 request, and reads the response. The bytes
    /// must stay where they are until then. One attempt: but for `repeat`, a request of which one
    /// byte may have left is not sent again. (When a connection that rested refuses the very first
    /// byte, a new one is tried, since nothing was sent.)
    ///
    /// Ends within the request timeout and one tick. Cancellation (terminal) throws
    /// operation_aborted; whether the request was sent is then unknown. No other exception but
    /// std::bad_alloc.
    [[nodiscard]] boost::asio::awaitable<HttpOutcome> exchange(std::string_view request,
                                                               Repeat repeat = Repeat::never) const;

  private:
    std::shared_ptr<ConnectionPool> pool_;
};

/// An HTTP/1.1 client for one thread: keep-alive connections to many origins, over TLS (1.2 or
/// later, certificate and host name always verified) or plain TCP. It adds nothing to requests and
/// decides nothing about responses.
class HttpClient {
  public:
    /// Throws std::runtime_error when the settings' ca_file cannot be used. `io` and `clock` must
    /// outlive the client; exchanges may be pending when the client ends, and are then ended by
    /// the destruction of `io`.
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
