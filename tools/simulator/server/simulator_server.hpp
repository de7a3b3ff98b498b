// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "tools/simulator/server/request_handler.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace keyferry::simulator {

struct SimulatorServerSettings {
    std::string address = "127.0.0.1";  ///< an IP address
    std::uint16_t port = 0;             ///< 0: the system chooses
    bool https = false;
    std::size_t connections_max = 4096;                     ///< further ones are closed at once
    std::size_t header_bytes_max = std::size_t{32} * 1024;  ///< session tokens are long
    std::size_t body_bytes_max = std::size_t{1024} * 1024;  ///< a policy, escaped six times over
    std::chrono::nanoseconds idle_max{std::chrono::seconds{75}};     ///< between two requests
    std::chrono::nanoseconds request_max{std::chrono::seconds{30}};  ///< to read or write one
};

/// The simulated KMS behind HTTP/1.1 or HTTPS (TLS 1.2 and 1.3, a certificate of its own making):
/// keep-alive, pipelining, a limit on everything. Runs on the given io_context, one thread.
///
/// Answers carry x-amzn-RequestId, Content-Type, Date and Content-Length as KMS's do. A faulty
/// delivery (SimulatedKms) closes or resets the connection here.
class SimulatorServer {
  public:
    /// `front` and `clock` must outlive every run of `io`. Destroy the server, or stop() it, before
    /// running `io` to its end: the listening socket keeps it busy.
    SimulatorServer(boost::asio::io_context& io,
                    io::Clock& clock,
                    RequestHandler& front,
                    const SimulatorServerSettings& settings);
    ~SimulatorServer();
    SimulatorServer(const SimulatorServer&) = delete;
    SimulatorServer& operator=(const SimulatorServer&) = delete;

    /// Binds and listens; the error is that of the system (address_in_use, ...). Throws
    /// std::runtime_error when the certificate cannot be made.
    boost::system::error_code start();

    /// "http://127.0.0.1:4566"; good after start().
    [[nodiscard]] std::string endpoint() const;

    /// The authority that an HTTPS client must trust, as PEM; empty for HTTP.
    [[nodiscard]] const std::string& authority_pem() const;

    [[nodiscard]] std::size_t connections() const;

    /// Closes the listening socket and every connection; their coroutines end as `io` runs on.
    void stop();

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::simulator
