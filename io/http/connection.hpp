// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/http/deadline_scan.hpp"
#include "io/http/http_environment.hpp"
#include "io/http/http_failure.hpp"
#include "io/http/http_origin.hpp"
#include "io/http/proxy_settings.hpp"
#include "io/http/response_reader.hpp"
#include "io/http/tls_session.hpp"
#include "io/http/wakeup.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace keyferry::io {

/// One TCP connection to an origin, with or without TLS. It is opened once and then used for one
/// exchange after another until an exchange fails or the server closes the connection.
///
/// Both coroutines throw operation_aborted when they are cancelled; the connection must not be used
/// afterwards.
class Connection final : private DeadlineWaiter {
  public:
    /// Both arguments must outlive the connection.
    Connection(HttpEnvironment& environment, const HttpOrigin& origin);
    ~Connection() override;

    /// Resolves the host, connects, requests a tunnel from the origin's proxy if there is one, and
    /// performs the TLS handshake if needed. Each step has its own timeout, and all steps must
    /// finish before `deadline`. Returns nullopt on success.
    boost::asio::awaitable<std::optional<HttpFailure>> open(Moment deadline);

    /// Sends `request`, whose bytes must stay valid, and reads the response. This usually takes one
    /// write and one read. Returns nullopt on success; the response is then available from
    /// response() until the next exchange.
    boost::asio::awaitable<std::optional<HttpFailure>> exchange(std::string_view request,
                                                                Moment deadline);

    [[nodiscard]] const ResponseReader& response() const noexcept { return reader_; }

    [[nodiscard]] bool opened() const noexcept { return opened_; }
    /// Whether the connection can be used for another exchange.
    [[nodiscard]] bool reusable() const noexcept { return reusable_; }
    /// Whether the connection has exceeded its maximum age and should not be used again.
    [[nodiscard]] bool is_old(Moment now) const noexcept {
        return now - opened_at_ > environment_.settings.age_max;
    }
    /// Called when the connection is returned to the pool.
    void mark_idle(Moment now) noexcept { idle_since_ = now; }
    [[nodiscard]] bool idle_too_long(Moment now) const noexcept {
        return now - idle_since_ > environment_.settings.idle_max;
    }
    /// Whether an idle connection can still be used: it has not exceeded the idle timeout, and the
    /// server is not known to have closed it.
    bool is_usable(Moment now);

  private:
    using Failed = std::optional<HttpFailure>;
    enum class Progress : std::uint8_t { incomplete, complete, malformed, ended, tls_failed };

    boost::asio::awaitable<Failed> look_up(NameLookup::Lookup& lookup, Moment deadline);
    boost::asio::awaitable<Failed> connect(Moment deadline);
    boost::asio::awaitable<Failed> open_tunnel(Moment deadline);
    boost::asio::awaitable<Failed> do_handshake(Moment deadline);

    /// Throws if `error` shows that the coroutine was cancelled, but not if the socket was closed
    /// because of a timeout.
    void throw_if_cancelled(const boost::system::error_code& error) const;
    void watch(std::chrono::milliseconds step_timeout, Moment deadline);
    void on_deadline() noexcept override;

    /// Passes `count` bytes received over TCP to TLS or to the response reader.
    Progress on_received(std::size_t count);
    Progress decrypt();
    [[nodiscard]] static Progress progress_of(ResponseReader::State state) noexcept;
    /// Buffer space for bytes received over TCP.
    std::span<char> receive_space();
    void finish_exchange();

    HttpFailure failure(HttpStep step, const boost::system::error_code& error);
    HttpFailure failure(HttpStep step, std::string_view what);
    HttpFailure receive_failure(Progress progress, const boost::system::error_code& error);

    HttpEnvironment& environment_;
    const HttpOrigin& origin_;
    const ProxyServer*
        proxy_;  ///< from the environment's settings; nullptr for a direct connection
    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<TlsSession> tls_;
    ResponseReader reader_;
    Wakeup wakeup_;
    std::string proxied_request_;  ///< used for plain HTTP through a proxy
    Moment opened_at_{};
    Moment idle_since_{};
    std::uint64_t exchanges_ = 0;
    bool opened_ = false;
    bool sent_ = false;  ///< whether a byte of the current request may have been sent
    bool reusable_ = false;
};

}  // namespace keyferry::io
