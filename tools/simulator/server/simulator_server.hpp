// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/server/request_handler.hpp"
#include "tools/simulator/values/time_control.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace keyferry::simulator {

struct SimulatorServerSettings {
    std::string address = "127.0.0.1";  ///< an IP address
    std::uint16_t port = 0;             ///< 0: chosen by the operating system
    bool https = false;
    /// Names and addresses of this machine that the certificate covers in addition to `address`.
    std::vector<std::string> hosts;
    std::size_t connections_max = 4096;  ///< further connections are closed immediately
    std::size_t header_bytes_max = std::size_t{32} * 1024;  ///< session tokens are long
    std::size_t body_bytes_max =
        std::size_t{1024} * 1024;  ///< large enough for a policy with every character escaped
    std::chrono::nanoseconds idle_max{
        std::chrono::seconds{75}};  ///< maximum time between two requests
    std::chrono::nanoseconds request_max{
        std::chrono::seconds{30}};  ///< maximum time to read or write one request
};

/// The simulated KMS behind HTTP/1.1 or HTTPS (TLS 1.2 and 1.3, with a generated certificate):
/// keep-alive, pipelining, limits on connections, sizes and durations. Runs on the given
/// io_context, on one thread.
///
/// As with KMS, responses have the headers x-amzn-RequestId, Content-Type, Date and Content-Length.
/// If a fault prevents the delivery of a response (Delivery), the connection is closed or reset.
class SimulatorServer {
  public:
    /// `handler` and `time` must outlive every run of `io`. Destroy or stop() the server before
    /// running `io` to completion, because the listening socket keeps `io` running. Requests are
    /// handled at the simulated time. Timeouts and response delays use the machine's clock, as
    /// clients do.
    SimulatorServer(boost::asio::io_context& io,
                    const TimeControl& time,
                    RequestHandler& handler,
                    const SimulatorServerSettings& settings);
    ~SimulatorServer();
    SimulatorServer(const SimulatorServer&) = delete;
    SimulatorServer& operator=(const SimulatorServer&) = delete;

    /// Binds and listens; returns the operating system's error (address_in_use, ...). Throws
    /// std::runtime_error if the certificate cannot be generated.
    boost::system::error_code start();

    /// "http://127.0.0.1:4566"; valid after start().
    [[nodiscard]] std::string endpoint() const;

    /// The certificate authority (PEM) that an HTTPS client must trust; empty for HTTP.
    [[nodiscard]] const std::string& authority_pem() const;

    [[nodiscard]] std::size_t connections() const;

    /// Closes the listening socket and every connection. Their coroutines finish when `io` runs.
    void stop();

  private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace keyferry::simulator
