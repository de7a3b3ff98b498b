// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/simulator_server.hpp"

#include "tools/simulator/server/http_exchange.hpp"
#include "tools/simulator/server/server_certificate.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <list>
#include <optional>

namespace keyferry::simulator {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket&>;

constexpr std::chrono::milliseconds kDeadlineScan{100};
constexpr std::chrono::milliseconds kPauseAfterAcceptError{100};
constexpr std::size_t kReadBytes = 8192;

}  // namespace

/// One connection. Its socket is closed by the deadline check, by stop(), or by its coroutine.
struct Connection {
    Connection(tcp::socket socket_, io::Moment deadline_)
        : socket(std::move(socket_)), deadline(deadline_) {}

    tcp::socket socket;
    io::Moment deadline;
    std::string unread;  ///< received, not yet consumed by the reader
};

class SimulatorServer::State : public std::enable_shared_from_this<SimulatorServer::State> {
  public:
    State(asio::io_context& io,
          const TimeControl& time,
          RequestHandler& handler,
          const SimulatorServerSettings& settings)
        : io_(io),
          time_(time),
          clock_(time.machine()),
          handler_(handler),
          settings_(settings),
          acceptor_(io) {}

    boost::system::error_code start();
    void stop();
    std::string endpoint() const;
    const std::string& authority_pem() const { return authority_pem_; }
    std::size_t connections() const { return connections_.size(); }

  private:
    void make_tls_context();
    static asio::awaitable<void> accept_loop(std::shared_ptr<State> self);
    static asio::awaitable<void> deadline_loop(std::shared_ptr<State> self);
    static asio::awaitable<void> serve(std::shared_ptr<State> self,
                                       std::shared_ptr<Connection> connection);
    void add_connection(tcp::socket socket);

    template <typename Stream>
    asio::awaitable<void> talk(Stream& stream, Connection& connection);
    template <typename Stream>
    asio::awaitable<bool> read_request(Stream& stream,
                                       Connection& connection,
                                       HttpRequestReader& reader);
    template <typename Stream>
    asio::awaitable<bool> serve_request(Stream& stream,
                                        Connection& connection,
                                        const HttpRequestReader& reader);

    asio::io_context& io_;
    const TimeControl& time_;
    io::Clock& clock_;  ///< the machine's
    RequestHandler& handler_;
    SimulatorServerSettings settings_;
    tcp::acceptor acceptor_;
    std::optional<asio::ssl::context> tls_;
    std::string authority_pem_;
    std::list<std::shared_ptr<Connection>> connections_;
    bool stopped_ = false;
};

boost::system::error_code SimulatorServer::State::start() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(settings_.address, error);
    if (error) {
        return error;
    }
    const tcp::endpoint where(address, settings_.port);
    acceptor_.open(where.protocol(), error);
    if (!error) {
        acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
        acceptor_.bind(where, error);
    }
    if (!error) {
        acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return error;
    }
    if (settings_.https) {
        make_tls_context();
    }
    // An exception in a coroutine is a bug: it propagates out of io_context::run().
    const auto rethrow = [](std::exception_ptr thrown) {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    };
    asio::co_spawn(io_, accept_loop(shared_from_this()), rethrow);
    asio::co_spawn(io_, deadline_loop(shared_from_this()), rethrow);
    return {};
}

void SimulatorServer::State::make_tls_context() {
    std::vector<std::string> hosts = settings_.hosts;
    hosts.push_back(settings_.address);
    const ServerCertificate certificate = make_server_certificate(hosts);
    authority_pem_ = certificate.authority_pem;
    tls_.emplace(asio::ssl::context::tls_server);
    tls_->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1);
    tls_->use_certificate_chain(asio::buffer(certificate.certificate_pem));
    tls_->use_private_key(asio::buffer(certificate.key_pem), asio::ssl::context::pem);
}

std::string SimulatorServer::State::endpoint() const {
    boost::system::error_code error;
    const tcp::endpoint local = acceptor_.local_endpoint(error);
    const std::string address = local.address().to_string();
    return fmt::format("{}://{}:{}",
                       settings_.https ? "https" : "http",
                       local.address().is_v6() ? "[" + address + "]" : address,
                       local.port());
}

void SimulatorServer::State::stop() {
    stopped_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& connection : connections_) {
        connection->socket.close(ignored);
    }
}

asio::awaitable<void> SimulatorServer::State::accept_loop(std::shared_ptr<State> self) {
    while (!self->stopped_) {
        boost::system::error_code error;
        tcp::socket socket =
            co_await self->acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (self->stopped_) {
            co_return;
        }
        if (error) {  // for example out of file descriptors; other connections may release some
            const io::Moment later = self->clock_.now() + kPauseAfterAcceptError;
            co_await self->clock_.sleep_until(later, asio::use_awaitable);
        } else if (self->connections_.size() < self->settings_.connections_max) {
            self->add_connection(std::move(socket));
        }
    }
}

void SimulatorServer::State::add_connection(tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const io::Moment deadline = clock_.now() + settings_.request_max;
    auto connection = std::make_shared<Connection>(std::move(socket), deadline);
    connections_.push_back(connection);
    const auto place = std::prev(connections_.end());
    asio::co_spawn(io_,
                   serve(shared_from_this(), connection),
                   [self = shared_from_this(), place](std::exception_ptr thrown) {
                       self->connections_.erase(place);
                       if (thrown) {
                           std::rethrow_exception(thrown);
                       }
                   });
}

/// Checks the deadlines of all connections, instead of one timer per connection.
asio::awaitable<void> SimulatorServer::State::deadline_loop(std::shared_ptr<State> self) {
    while (!self->stopped_) {
        const io::Moment next = self->clock_.now() + kDeadlineScan;
        co_await self->clock_.sleep_until(next, asio::use_awaitable);
        const io::Moment now = self->clock_.now();
        for (const auto& connection : self->connections_) {
            if (connection->deadline < now) {
                boost::system::error_code ignored;
                connection->socket.close(ignored);
            }
        }
    }
}

asio::awaitable<void> SimulatorServer::State::serve(std::shared_ptr<State> self,
                                                    std::shared_ptr<Connection> connection) {
    // Errors on a single connection are caused by its client; any other exception is a bug and
    // propagates.
    try {
        if (self->tls_) {
            TlsStream stream(connection->socket, *self->tls_);
            co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
            co_await self->talk(stream, *connection);
        } else {
            co_await self->talk(connection->socket, *connection);
        }
    } catch (const boost::system::system_error&) {
    }
    boost::system::error_code ignored;
    connection->socket.close(ignored);
}

template <typename Stream>
asio::awaitable<void> SimulatorServer::State::talk(Stream& stream, Connection& connection) {
    HttpRequestReader reader(settings_.header_bytes_max, settings_.body_bytes_max);
    bool keep_open = true;
    while (keep_open && !stopped_) {
        connection.deadline = clock_.now() + settings_.idle_max;
        const bool has_request = co_await read_request(stream, connection, reader);
        if (!has_request) {
            co_return;
        }
        keep_open = co_await serve_request(stream, connection, reader);
        reader.reset();
    }
}

/// Returns false if the connection has ended: it was closed between two requests or after an error
/// response.
template <typename Stream>
asio::awaitable<bool> SimulatorServer::State::read_request(Stream& stream,
                                                           Connection& connection,
                                                           HttpRequestReader& reader) {
    std::string& unread = connection.unread;
    bool begun = false;
    while (true) {
        std::size_t consumed = 0;
        const HttpProgress progress = reader.put(unread, consumed);
        unread.erase(0, consumed);
        if (progress == HttpProgress::complete) {
            co_return true;
        }
        if (progress == HttpProgress::broken) {
            HandlerResponse refusal;
            refusal.http_status = reader.status_when_broken();
            const std::string text = http_response(refusal, false, time_.now().wall);
            co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
            co_return false;
        }
        if (reader.wants_continue()) {
            constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
            const asio::const_buffer bytes = asio::buffer(kContinue);
            co_await asio::async_write(stream, bytes, asio::use_awaitable);
        }
        const std::size_t size_before = unread.size();
        unread.resize(size_before + kReadBytes);
        boost::system::error_code error;
        const std::size_t got =
            co_await stream.async_read_some(asio::buffer(unread.data() + size_before, kReadBytes),
                                            asio::redirect_error(asio::use_awaitable, error));
        unread.resize(size_before + got);
        if (error) {
            co_return false;
        }
        if (!begun) {
            begun = true;
            connection.deadline = clock_.now() + settings_.request_max;
        }
    }
}

/// Returns true if the connection can handle another request.
template <typename Stream>
asio::awaitable<bool> SimulatorServer::State::serve_request(Stream& stream,
                                                            Connection& connection,
                                                            const HttpRequestReader& reader) {
    const HandlerResponse response = handler_.respond(reader.request(), time_.now());
    if (response.delay.count() > 0) {
        const io::Moment later = clock_.now() + response.delay;
        connection.deadline = later + settings_.request_max;
        co_await clock_.sleep_until(later, asio::use_awaitable);
    }
    if (response.delivery != Delivery::answered) {
        if (response.delivery != Delivery::closed) {
            // A linger time of zero sends RST instead of FIN.
            boost::system::error_code ignored;
            connection.socket.set_option(asio::socket_base::linger(true, 0), ignored);
        }
        co_return false;
    }
    const bool keep_alive = reader.keep_alive();
    const std::string text = http_response(response, keep_alive, time_.now().wall);
    co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
    co_return keep_alive;
}

SimulatorServer::SimulatorServer(asio::io_context& io,
                                 const TimeControl& time,
                                 RequestHandler& handler,
                                 const SimulatorServerSettings& settings)
    : state_(std::make_shared<State>(io, time, handler, settings)) {}

SimulatorServer::~SimulatorServer() {
    stop();
}

boost::system::error_code SimulatorServer::start() {
    return state_->start();
}

std::string SimulatorServer::endpoint() const {
    return state_->endpoint();
}

const std::string& SimulatorServer::authority_pem() const {
    return state_->authority_pem();
}

std::size_t SimulatorServer::connections() const {
    return state_->connections();
}

void SimulatorServer::stop() {
    state_->stop();
}

}  // namespace keyferry::simulator
