// SPDX-License-Identifier: Apache-2.0
// Opening a connection: name lookup, connect, proxy tunnel, TLS handshake.
#include "io/http/connection.hpp"
#include "io/http/proxy_exchange.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>

namespace keyferry::io {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Maximum number of addresses that are tried per host. The time is divided among them.
constexpr std::size_t kAddressesMax = 4;

/// The response of a proxy to CONNECT is a few hundred bytes.
constexpr std::size_t kTunnelReceiveBytes = 1024;

}  // namespace

asio::awaitable<Connection::Failed> Connection::open(Moment deadline) {
    assert(!opened_);
    Failed failed = co_await connect(deadline);
    if (!failed && origin_.tls && proxy_ != nullptr) {
        failed = co_await open_tunnel(deadline);
    }
    if (!failed && origin_.tls) {
        failed = co_await do_handshake(deadline);
    }
    environment_.scan.unwatch(*this);
    opened_ = !failed;
    opened_at_ = environment_.clock.now();
    co_return failed;
}

asio::awaitable<Connection::Failed> Connection::connect(Moment deadline) {
    const Moment connect_deadline =
        std::min(deadline, environment_.clock.now() + environment_.settings.connect_timeout);
    const std::string& host = proxy_ == nullptr ? origin_.host : proxy_->host;
    const auto lookup =
        environment_.names.look_up(host, proxy_ == nullptr ? origin_.port : proxy_->port);
    Failed failed = co_await look_up(*lookup, connect_deadline);
    if (failed) {
        co_return failed;
    }
    const std::size_t count = std::min(lookup->addresses.size(), kAddressesMax);
    for (std::size_t i = 0; i < count; ++i) {
        const Moment now = environment_.clock.now();
        if (failed && now >= connect_deadline) {
            break;
        }
        const auto share = (connect_deadline - now) / static_cast<int>(count - i);
        environment_.scan.watch(*this, now + share);
        const asio::ip::tcp::endpoint address = lookup->addresses[i];
        error_code error;
        co_await socket_.async_connect(address, asio::redirect_error(asio::use_awaitable, error));
        throw_if_cancelled(error);
        if (!error && !timed_out()) {
            socket_.set_option(asio::ip::tcp::no_delay(true), error);
            socket_.non_blocking(true, error);
            environment_.names.connected(host, address.address());
            co_return Failed();
        }
        failed = failure(HttpStep::connect, error);
        error_code ignored;
        socket_.close(ignored);
    }
    co_return failed;
}

asio::awaitable<Connection::Failed> Connection::look_up(NameLookup::Lookup& lookup,
                                                        Moment deadline) {
    if (!lookup.done) {
        environment_.scan.watch(*this, deadline);
        lookup.waiting.push_back(wakeup_);
        co_await wakeup_.wait();
    }
    if (!lookup.done) {
        co_return failure(HttpStep::look_up, error_code());
    }
    if (lookup.error) {
        co_return failure(HttpStep::look_up, lookup.error);
    }
    if (lookup.addresses.empty()) {
        co_return failure(HttpStep::look_up, "the host name has no addresses");
    }
    co_return Failed();
}

asio::awaitable<Connection::Failed> Connection::open_tunnel(Moment deadline) {
    watch(environment_.settings.handshake_timeout, deadline);
    const std::string request = connect_request(origin_, *proxy_);
    error_code error;
    co_await asio::async_write(
        socket_, asio::buffer(request), asio::redirect_error(asio::use_awaitable, error));
    throw_if_cancelled(error);
    TunnelResponse response(environment_.settings.response_head_bytes_max);
    std::array<char, kTunnelReceiveBytes> space;
    while (!error) {
        const std::size_t count = co_await socket_.async_read_some(
            asio::buffer(space), asio::redirect_error(asio::use_awaitable, error));
        throw_if_cancelled(error);
        if (error) {
            break;
        }
        switch (response.received({space.data(), count})) {
            case TunnelResponse::State::incomplete:
                break;
            case TunnelResponse::State::open:
                co_return Failed();
            case TunnelResponse::State::failed:
                co_return failure(HttpStep::tunnel, response.problem());
        }
    }
    co_return failure(HttpStep::tunnel, error);
}

asio::awaitable<Connection::Failed> Connection::do_handshake(Moment deadline) {
    watch(environment_.settings.handshake_timeout, deadline);
    tls_ = std::make_unique<TlsSession>(environment_.tls(), origin_.host);
    for (;;) {
        const TlsSession::Result result = tls_->handshake();
        error_code error;
        // Data is sent even after a failure, because it contains the alert that tells the server
        // the reason.
        while (!tls_->to_send().empty() && !error) {
            const asio::const_buffer bytes = asio::buffer(tls_->to_send().bytes());
            const std::size_t count = co_await socket_.async_write_some(
                bytes, asio::redirect_error(asio::use_awaitable, error));
            tls_->to_send().taken(count);
        }
        throw_if_cancelled(error);
        if (result == TlsSession::Result::failed) {
            co_return failure(HttpStep::handshake, tls_->problem());
        }
        if (result == TlsSession::Result::ok && !error) {
            co_return Failed();
        }
        if (!error) {
            const std::span<char> space = receive_space();
            const asio::mutable_buffer buffer(space.data(), space.size());
            const std::size_t count = co_await socket_.async_read_some(
                buffer, asio::redirect_error(asio::use_awaitable, error));
            throw_if_cancelled(error);
            tls_->received().filled(count);
        }
        if (error) {
            co_return failure(HttpStep::handshake, error);
        }
    }
}

}  // namespace keyferry::io
