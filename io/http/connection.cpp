#include "io/http/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Of a host with more addresses only the first few are tried, each with its share of the time.
constexpr std::size_t kAddressesMax = 4;

/// One TLS record of the largest size, and a little.
constexpr std::size_t kTlsReceiveBytes = std::size_t{17} * 1024;

/// A connection that rested no longer than this is used again unseen: looking costs a system call.
constexpr std::chrono::milliseconds kUnseenRestMax{100};

std::string_view verb(HttpStep step) {
    switch (step) {
        case HttpStep::wait_for_connection:
            return "waiting for a free connection to";
        case HttpStep::look_up:
            return "looking up";
        case HttpStep::connect:
            return "connecting to";
        case HttpStep::handshake:
            return "TLS handshake with";
        case HttpStep::send:
            return "sending the request to";
        case HttpStep::receive:
            return "waiting for the answer of";
        case HttpStep::parse:
            return "reading the answer of";
    }
    return "talking to";
}

/// Cancellation of the coroutine, as opposed to a socket that was closed because it was overdue.
void throw_if_cancelled(const error_code& error, bool overdue) {
    if (error == asio::error::operation_aborted && !overdue) {
        throw boost::system::system_error(error);
    }
}

}  // namespace

Connection::Connection(HttpEnvironment& environment, const HttpOrigin& origin)
    : environment_(environment),
      origin_(origin),
      socket_(environment.io),
      reader_(environment.settings.answer_head_bytes_max,
              environment.settings.answer_body_bytes_max),
      wakeup_(environment.io) {}

Connection::~Connection() {
    if (tls_ && reusable_ && socket_.is_open()) {
        // Good manners, no more: nobody waits for it to arrive.
        tls_->close();
        error_code ignored;
        socket_.write_some(asio::buffer(tls_->to_send().bytes()), ignored);
    }
}

asio::awaitable<Connection::Failed> Connection::open(Moment deadline) {
    assert(!opened_);
    Failed failed = co_await connect(deadline);
    if (!failed && origin_.tls) {
        failed = co_await shake_hands(deadline);
    }
    environment_.scan.unwatch(*this);
    opened_ = !failed;
    co_return failed;
}

asio::awaitable<Connection::Failed> Connection::connect(Moment deadline) {
    const Moment connect_deadline =
        std::min(deadline, environment_.clock.now() + environment_.settings.connect_timeout);
    const auto lookup = environment_.names.look_up(origin_.host, origin_.port);
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
        throw_if_cancelled(error, overdue());
        if (!error && !overdue()) {
            socket_.set_option(asio::ip::tcp::no_delay(true), error);
            socket_.non_blocking(true, error);
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
        co_return failure(HttpStep::look_up, "the name has no address");
    }
    co_return Failed();
}

asio::awaitable<Connection::Failed> Connection::shake_hands(Moment deadline) {
    watch(environment_.settings.handshake_timeout, deadline);
    tls_ = std::make_unique<TlsSession>(environment_.tls(), origin_.host);
    for (;;) {
        const TlsSession::Result result = tls_->handshake();
        error_code error;
        // Also after a failure: the alert tells the server why.
        while (!tls_->to_send().empty() && !error) {
            const asio::const_buffer bytes = asio::buffer(tls_->to_send().bytes());
            const std::size_t count = co_await socket_.async_write_some(
                bytes, asio::redirect_error(asio::use_awaitable, error));
            tls_->to_send().taken(count);
        }
        throw_if_cancelled(error, overdue());
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
            throw_if_cancelled(error, overdue());
            tls_->received().filled(count);
        }
        if (error) {
            co_return failure(HttpStep::handshake, error);
        }
    }
}

asio::awaitable<Connection::Failed> Connection::exchange(std::string_view request,
                                                         Moment deadline) {
    assert(opened_ && !request.empty());
    reusable_ = false;
    sent_ = false;
    reader_.start();
    environment_.scan.watch(*this, deadline);
    if (tls_ && tls_->encrypt(request) != TlsSession::Result::ok) {
        co_return failure(HttpStep::send, tls_->problem());
    }
    std::string_view unsent = tls_ ? tls_->to_send().bytes() : request;
    error_code error;
    while (!unsent.empty()) {
        // A request nearly always fits into the socket's buffer: then this is all, and the
        // coroutine does not stop here.
        std::size_t count = socket_.write_some(asio::buffer(unsent), error);
        if (error == asio::error::would_block) {
            count = co_await socket_.async_write_some(
                asio::buffer(unsent), asio::redirect_error(asio::use_awaitable, error));
            throw_if_cancelled(error, overdue());
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
        throw_if_cancelled(error, overdue());
        Progress progress = Progress::ended;
        if (!error) {
            progress = take_in(count);
        } else if (error == asio::error::eof && !tls_ &&
                   reader_.ended() == AnswerReader::State::complete) {
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

Connection::Progress Connection::progress_of(AnswerReader::State state) noexcept {
    switch (state) {
        case AnswerReader::State::incomplete:
            return Progress::incomplete;
        case AnswerReader::State::complete:
            return Progress::complete;
        case AnswerReader::State::malformed:
            break;
    }
    return Progress::malformed;
}

Connection::Progress Connection::take_in(std::size_t count) {
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
                return reader_.ended() == AnswerReader::State::complete ? Progress::complete
                                                                        : Progress::ended;
            case TlsSession::Result::ok:
                break;
        }
        const AnswerReader::State state = reader_.received(count);
        if (state != AnswerReader::State::incomplete) {
            return progress_of(state);
        }
    }
}

void Connection::finish_exchange() {
    environment_.scan.unwatch(*this);
    ++exchanges_;
    // What comes behind an answer belongs to no request: the next answer would be taken for
    // another's.
    const bool bytes_behind = tls_ && tls_->holds_input();
    reusable_ = reader_.keep_alive() && !bytes_behind && socket_.is_open();
}

bool Connection::awake(Moment now) {
    assert(reusable_);
    if (now - idle_since_ <= kUnseenRestMax) {
        return true;
    }
    if (rested_too_long(now)) {
        return false;
    }
    // Nothing may have come meanwhile, but for TLS's own messages (session tickets).
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

void Connection::watch(std::chrono::milliseconds step_timeout, Moment deadline) {
    environment_.scan.watch(*this, std::min(deadline, environment_.clock.now() + step_timeout));
}

void Connection::when_overdue() noexcept {
    error_code ignored;
    socket_.close(ignored);
    wakeup_.wake();
}

HttpFailure Connection::failure(HttpStep step, std::string_view what) {
    HttpFailure made(step, fmt::format("{} {}: {}", verb(step), origin_.text(), what));
    made.sent = sent_;
    made.timed_out = overdue();
    if (step == HttpStep::handshake && made.message.find("certificate") != std::string::npos) {
        made.message +=
            " (if a private CA signs for this endpoint, name its file in AWS_CA_BUNDLE)";
    }
    return made;
}

HttpFailure Connection::failure(HttpStep step, const error_code& error) {
    if (overdue()) {
        const HttpSettings& settings = environment_.settings;
        const auto step_timeout = step == HttpStep::look_up || step == HttpStep::connect
                                      ? settings.connect_timeout
                                  : step == HttpStep::handshake ? settings.handshake_timeout
                                                                : settings.request_timeout;
        return failure(step,
                       fmt::format("timed out after at most {} ms",
                                   std::min(step_timeout, settings.request_timeout).count()));
    }
    HttpFailure made = failure(
        step,
        error == asio::error::eof ? std::string("it closed the connection") : error.message());
    const bool broken = error == asio::error::eof || error == asio::error::connection_reset ||
                        error == asio::error::broken_pipe;
    made.was_stale = broken && exchanges_ > 0 && reader_.untouched();
    return made;
}

HttpFailure Connection::receive_failure(Progress progress, const error_code& error) {
    if (progress == Progress::malformed) {
        return failure(HttpStep::parse, reader_.problem());
    }
    if (progress == Progress::tls_failed) {
        return failure(HttpStep::receive, tls_->problem());
    }
    const bool ended = !error || error == asio::error::eof;
    if (ended && !overdue() && !reader_.untouched()) {
        return failure(HttpStep::receive, "it closed the connection in the middle of the answer");
    }
    return failure(HttpStep::receive, error ? error : error_code(asio::error::eof));
}

}  // namespace keyferry
