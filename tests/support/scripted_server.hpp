// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace keyferry::test {

/// The server side of a connection, for the scripts of a ScriptedServer. Connection errors end the
/// script, as intended.
class ScriptedPeer {
  public:
    explicit ScriptedPeer(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    /// Reads one complete request (headers, and the body according to Content-Length).
    boost::asio::awaitable<std::string> request() {
        std::size_t head_end = 0;
        while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
            co_await receive();
        }
        const std::size_t size = head_end + 4 + content_length(received_.substr(0, head_end));
        while (received_.size() < size) {
            co_await receive();
        }
        std::string whole = received_.substr(0, size);
        received_.erase(0, size);
        co_return whole;
    }

    boost::asio::awaitable<void> send(std::string bytes) {
        co_await boost::asio::async_write(
            socket_, boost::asio::buffer(bytes), boost::asio::use_awaitable);
    }

    /// Reads the next available data, at least one byte.
    boost::asio::awaitable<std::string> bytes() {
        while (received_.empty()) {
            co_await receive();
        }
        co_return std::exchange(received_, std::string());
    }

    /// Waits until the client closes the connection.
    boost::asio::awaitable<void> until_closed() {
        boost::system::error_code error;
        while (!error) {
            std::array<char, 4096> space;
            co_await socket_.async_read_some(
                boost::asio::buffer(space),
                boost::asio::redirect_error(boost::asio::use_awaitable, error));
        }
    }

    /// Whether the client has closed or reset the connection. Does not wait. A close is not
    /// detected while there is unread data.
    bool client_is_gone() {
        char byte = 0;
        const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    }

    void close() { socket_.close(); }

    /// Closes with a TCP reset instead of an orderly shutdown.
    void reset() {
        socket_.set_option(boost::asio::socket_base::linger(true, 0));
        socket_.close();
    }

  private:
    boost::asio::awaitable<void> receive() {
        std::array<char, 4096> space;
        const std::size_t count = co_await socket_.async_read_some(boost::asio::buffer(space),
                                                                   boost::asio::use_awaitable);
        received_.append(space.data(), count);
    }

    static std::size_t content_length(std::string head) {
        std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        const std::size_t at = head.find("content-length:");
        return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 15, nullptr, 10);
    }

    boost::asio::ip::tcp::socket socket_;
    std::string received_;
};

/// A TCP server on a port of 127.0.0.1 (or `address`) chosen by the system. Each connection runs
/// the next script; surplus connections are closed immediately. A connection is closed when its
/// script ends. Uses the io_context of the client under test.
class ScriptedServer {
  public:
    using Script = std::function<boost::asio::awaitable<void>(ScriptedPeer&)>;

    explicit ScriptedServer(
        boost::asio::io_context& io,
        const boost::asio::ip::address& address = boost::asio::ip::address_v4::loopback())
        : acceptor_(io, boost::asio::ip::tcp::endpoint(address, 0)) {
        boost::asio::co_spawn(io, accept(), boost::asio::detached);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    /// Adds a script for the next connection.
    void then(Script script) { scripts_.push_back(std::move(script)); }

    /// The number of accepted connections.
    std::size_t connections() const { return connections_.size(); }

  private:
    struct Connection {
        Connection(boost::asio::ip::tcp::socket socket, Script script_)
            : peer(std::move(socket)), script(std::move(script_)) {}
        ScriptedPeer peer;
        Script script;
    };

    boost::asio::awaitable<void> accept() {
        for (;;) {
            boost::asio::ip::tcp::socket socket =
                co_await acceptor_.async_accept(boost::asio::use_awaitable);
            Script script = [](ScriptedPeer&) -> boost::asio::awaitable<void> {
                co_return;
            };
            if (connections_.size() < scripts_.size()) {
                script = scripts_[connections_.size()];
            }
            connections_.push_back(
                std::make_unique<Connection>(std::move(socket), std::move(script)));
            boost::asio::co_spawn(
                acceptor_.get_executor(), run(*connections_.back()), boost::asio::detached);
        }
    }

    static boost::asio::awaitable<void> run(Connection& connection) {
        // A broken connection ends the script; the test checks the client's reaction.
        try {
            co_await connection.script(connection.peer);
        } catch (const boost::system::system_error&) {
        }
        connection.peer.close();
    }

    boost::asio::ip::tcp::acceptor acceptor_;
    std::vector<Script> scripts_;
    std::vector<std::unique_ptr<Connection>> connections_;
};

/// Returns an HTTP response with a Content-Length.
inline std::string http_response(const std::string& status,
                                 const std::string& body,
                                 const std::string& more_headers = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           more_headers + "\r\n" + body;
}

}  // namespace keyferry::test
