// SPDX-License-Identifier: Apache-2.0
#include "io/http/connection.hpp"

#include "io/http/proxy_exchange.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::io {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// The maximum size of a TLS record plus overhead.
constexpr std::size_t kTlsReceiveBytes = std::size_t{17} * 1024;

/// A connection that has been idle for at most this long is reused without a check, because a check
/// costs a system call.
constexpr std::chrono::milliseconds kUncheckedIdleMax{100};

std::string_view verb(HttpStep step) {
    switch (step) {
        case HttpStep::wait_for_connection:
            return "waiting for a free connection to";
        case HttpStep::look_up:
            return "looking up";
        case HttpStep::connect:
            return "connecting to";
        case HttpStep::tunnel:
            return "requesting a tunnel to";
        case HttpStep::handshake:
            return "TLS handshake with";
        case HttpStep::send:
            return "sending the request to";
        case HttpStep::receive:
            return "waiting for the response from";
        case HttpStep::parse:
            return "reading the response from";
    }
    return "talking to";
}

}  // namespace

Connection::Connection(HttpEnvironment& environment, const HttpOrigin& origin)
    : environment_(environment),
      origin_(origin),
      proxy_(environment.settings.proxies.for_origin(origin)),
      socket_(environment.io),
      reader_(environment.settings.response_head_bytes_max,
              environment.settings.response_body_bytes_max),
      wakeup_(environment.io) {}

Connection::~Connection() {
    if (tls_ && reusable_ && socket_.is_open()) {
        // Best effort: does not wait for the alert to be delivered.
        tls_->close();
        error_code ignored;
        socket_.write_some(asio::buffer(tls_->to_send().bytes()), ignored);
    }
}

asio::awaitable<Connection::Failed> Connection::exchange(std::string_view request,
                                                         Moment deadline) {
    assert(opened_ && !request.empty());
    reusable_ = false;
    sent_ = false;
    reader_.start();
    environment_.scan.watch(*this, deadline);
    if (proxy_ != nullptr && !tls_) {
        proxied_request_ = to_absolute_form(request, origin_, *proxy_);
        request = proxied_request_;
    }
    if (tls_ && tls_->encrypt(request) != TlsSession::Result::ok) {
        co_return failure(HttpStep::send, tls_->problem());
    }
    std::string_view unsent = tls_ ? tls_->to_send().bytes() : request;
    error_code error;
    while (!unsent.empty()) {
        // A request nearly always fits into the socket's buffer, so this single write is usually
        // enough and the coroutine is not suspended.
        std::size_t count = socket_.write_some(asio::buffer(unsent), error);
        if (error == asio::error::would_block) {
            count = co_await socket_.async_write_some(
                asio::buffer(unsent), asio::redirect_error(asio::use_awaitable, error));
            throw_if_cancelled(error);
        }
        sent_ = sent_ || count > 0;
        if (error) {
            co_return failure(HttpStep::send, error);
        }
        unsent.remove_prefix(count);
    }
    if (tls_) {
        tls_->to_send().taken(tls_->to_send().bytes().size());
    }
    for (;;) {
        const std::span<char> space = receive_space();
        const asio::mutable_buffer buffer(space.data(), space.size());
        const std::size_t count = co_await socket_.async_read_some(
            buffer, asio::redirect_error(asio::use_awaitable, error));
        throw_if_cancelled(error);
        Progress progress = Progress::ended;
        if (!error) {
            progress = on_received(count);
        } else if (error == asio::error::eof && !tls_ &&
                   reader_.ended() == ResponseReader::State::complete) {
            progress = Progress::complete;
        }
        if (progress == Progress::complete) {
            finish_exchange();
            co_return Failed();
        }
        if (progress != Progress::incomplete) {
            co_return receive_failure(progress, error);
        }
    }
}

std::span<char> Connection::receive_space() {
    return tls_ ? tls_->received().space(kTlsReceiveBytes) : reader_.space();
}

Connection::Progress Connection::progress_of(ResponseReader::State state) noexcept {
    switch (state) {
        case ResponseReader::State::incomplete:
            return Progress::incomplete;
        case ResponseReader::State::complete:
            return Progress::complete;
        case ResponseReader::State::malformed:
            break;
    }
    return Progress::malformed;
}

Connection::Progress Connection::on_received(std::size_t count) {
    if (tls_) {
        tls_->received().filled(count);
        return decrypt();
    }
    return progress_of(reader_.received(count));
}

Connection::Progress Connection::decrypt() {
    for (;;) {
        std::size_t count = 0;
        switch (tls_->decrypt(reader_.space(), count)) {
            case TlsSession::Result::need_input:
                return Progress::incomplete;
            case TlsSession::Result::failed:
                return Progress::tls_failed;
            case TlsSession::Result::closed:
                return reader_.ended() == ResponseReader::State::complete ? Progress::complete
                                                                          : Progress::ended;
            case TlsSession::Result::ok:
                break;
        }
        const ResponseReader::State state = reader_.received(count);
        if (state != ResponseReader::State::incomplete) {
            return progress_of(state);
        }
    }
}

void Connection::finish_exchange() {
    environment_.scan.unwatch(*this);
    ++exchanges_;
    // Data after the response does not belong to any request and would be mistaken for the next
    // response.
    const bool bytes_behind = tls_ && tls_->holds_input();
    reusable_ = reader_.keep_alive() && !bytes_behind && socket_.is_open();
}

bool Connection::is_usable(Moment now) {
    assert(reusable_);
    if (now - idle_since_ <= kUncheckedIdleMax) {
        return true;
    }
    if (idle_too_long(now)) {
        return false;
    }
    // Since the last exchange, no data may have arrived except TLS's own messages (session
    // tickets).
    reader_.start();
    for (;;) {
        const std::span<char> space = receive_space();
        error_code error;
        const std::size_t count =
            socket_.read_some(asio::mutable_buffer(space.data(), space.size()), error);
        if (error == asio::error::would_block) {
            return true;
        }
        if (error || !tls_) {
            return false;
        }
        tls_->received().filled(count);
        if (decrypt() != Progress::incomplete || !reader_.untouched()) {
            return false;
        }
    }
}

void Connection::throw_if_cancelled(const error_code& error) const {
    if (error == asio::error::operation_aborted && !timed_out()) {
        throw boost::system::system_error(error);
    }
}

void Connection::watch(std::chrono::milliseconds step_timeout, Moment deadline) {
    environment_.scan.watch(*this, std::min(deadline, environment_.clock.now() + step_timeout));
}

void Connection::on_deadline() noexcept {
    error_code ignored;
    socket_.close(ignored);
    wakeup_.wake();
}

HttpFailure Connection::failure(HttpStep step, std::string_view what) {
    const std::string via = proxy_ == nullptr ? "" : " through the proxy " + proxy_->text();
    HttpFailure result(step, fmt::format("{} {}{}: {}", verb(step), origin_.text(), via, what));
    result.sent = sent_;
    result.timed_out = timed_out();
    result.certificate_is_untrusted = tls_ && tls_->certificate_is_untrusted();
    if (result.certificate_is_untrusted) {
        result.message +=
            " (if a private CA signed the certificate, set AWS_CA_BUNDLE to the CA's file)";
    }
    return result;
}

HttpFailure Connection::failure(HttpStep step, const error_code& error) {
    if (timed_out()) {
        const HttpSettings& settings = environment_.settings;
        const auto step_timeout =
            step == HttpStep::look_up || step == HttpStep::connect    ? settings.connect_timeout
            : step == HttpStep::tunnel || step == HttpStep::handshake ? settings.handshake_timeout
                                                                      : settings.request_timeout;
        return failure(step,
                       fmt::format("timed out after at most {} ms",
                                   std::min(step_timeout, settings.request_timeout).count()));
    }
    HttpFailure result = failure(
        step,
        error == asio::error::eof ? std::string("the connection was closed") : error.message());
    result.host_is_unknown = step == HttpStep::look_up && is_unknown_host(error);
    const bool broken = error == asio::error::eof || error == asio::error::connection_reset ||
                        error == asio::error::broken_pipe;
    result.was_stale = broken && exchanges_ > 0 && reader_.untouched();
    return result;
}

HttpFailure Connection::receive_failure(Progress progress, const error_code& error) {
    if (progress == Progress::malformed) {
        return failure(HttpStep::parse, reader_.problem());
    }
    if (progress == Progress::tls_failed) {
        return failure(HttpStep::receive, tls_->problem());
    }
    const bool ended = !error || error == asio::error::eof;
    if (ended && !timed_out() && !reader_.untouched()) {
        return failure(HttpStep::receive,
                       "the connection was closed in the middle of the response");
    }
    return failure(HttpStep::receive, error ? error : error_code(asio::error::eof));
}

}  // namespace keyferry::io
