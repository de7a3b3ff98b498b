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

/// One TCP connection to an origin, with TLS on it or not: opened once, then used for one exchange
/// after the other until one fails or the server says that it closes.
///
/// Both coroutines throw operation_aborted when they are cancelled; the connection is then spent.
class Connection final : private DeadlineWaiter {
  public:
    /// Both must outlive the connection.
    Connection(HttpEnvironment& environment, const HttpOrigin& origin);
    ~Connection() override;

    /// Looks up, connects, asks the origin's proxy for a tunnel if it has one, and, for TLS, shakes
    /// hands; each within its own timeout and all before `deadline`. Nothing when it has worked.
    boost::asio::awaitable<std::optional<HttpFailure>> open(Moment deadline);

    /// Sends `request` (the bytes must stay where they are) and reads the response: one write and
    /// as a rule one read. Nothing when a whole response is there; it is then in response() until
    /// the next exchange.
    boost::asio::awaitable<std::optional<HttpFailure>> exchange(std::string_view request,
                                                                Moment deadline);

    [[nodiscard]] const ResponseReader& response() const noexcept { return reader_; }

    [[nodiscard]] bool opened() const noexcept { return opened_; }
    /// Whether another exchange may follow.
    [[nodiscard]] bool reusable() const noexcept { return reusable_; }
    /// Whether it has been open for so long that it should serve no further exchange.
    [[nodiscard]] bool is_old(Moment now) const noexcept {
        return now - opened_at_ > environment_.settings.age_max;
    }
    /// To be called when the connection is put away after use.
    void mark_idle(Moment now) noexcept { idle_since_ = now; }
    [[nodiscard]] bool idle_too_long(Moment now) const noexcept {
        return now - idle_since_ > environment_.settings.idle_max;
    }
    /// Whether a reusable connection that has rested can still be used: not rested too long, and
    /// not closed by the server as far as this machine knows.
    bool is_usable(Moment now);

  private:
    using Failed = std::optional<HttpFailure>;
    enum class Progress : std::uint8_t { incomplete, complete, malformed, ended, tls_failed };

    boost::asio::awaitable<Failed> look_up(NameLookup::Lookup& lookup, Moment deadline);
    boost::asio::awaitable<Failed> connect(Moment deadline);
    boost::asio::awaitable<Failed> open_tunnel(Moment deadline);
    boost::asio::awaitable<Failed> do_handshake(Moment deadline);

    /// Cancellation of the coroutine, as opposed to a socket that was closed because it was
    /// timed_out.
    void throw_if_cancelled(const boost::system::error_code& error) const;
    void watch(std::chrono::milliseconds step_timeout, Moment deadline);
    void on_deadline() noexcept override;

    /// Hands `count` bytes that came over TCP to TLS or to the reader.
    Progress on_received(std::size_t count);
    Progress decrypt();
    [[nodiscard]] static Progress progress_of(ResponseReader::State state) noexcept;
    /// Room for what comes over TCP.
    std::span<char> receive_space();
    void finish_exchange();

    HttpFailure failure(HttpStep step, const boost::system::error_code& error);
    HttpFailure failure(HttpStep step, std::string_view what);
    HttpFailure receive_failure(Progress progress, const boost::system::error_code& error);

    HttpEnvironment& environment_;
    const HttpOrigin& origin_;
    const ProxyServer* proxy_;  ///< of the environment's settings; nullptr for none
    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<TlsSession> tls_;
    ResponseReader reader_;
    Wakeup wakeup_;
    std::string proxied_request_;  ///< for plain HTTP through a proxy
    Moment opened_at_{};
    Moment idle_since_{};
    std::uint64_t exchanges_ = 0;
    bool opened_ = false;
    bool sent_ = false;  ///< a byte of the exchange's request may have left
    bool reusable_ = false;
};

}  // namespace keyferry::io
