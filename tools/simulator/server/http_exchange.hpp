// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "tools/simulator/server/kms_handler.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Progress of the parser.
enum class HttpProgress : std::uint8_t {
    more,      ///< the request is incomplete
    complete,  ///< request() returns the request
    broken,    ///< not HTTP, or over a limit; the connection cannot be reused
};

/// Incremental parser for one HTTP/1.1 request. Works on bytes, without sockets.
class HttpRequestReader {
  public:
    HttpRequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
    ~HttpRequestReader();
    HttpRequestReader(const HttpRequestReader&) = delete;
    HttpRequestReader& operator=(const HttpRequestReader&) = delete;

    /// Parses more bytes. `consumed` is set to the number of bytes processed; the caller must pass
    /// the remaining bytes again at the beginning of the next call, followed by new ones.
    HttpProgress put(std::string_view bytes, std::size_t& consumed);

    /// The HTTP status for a broken request: 400, 413 or 431.
    [[nodiscard]] int status_when_broken() const;

    /// Returns true once after the header of a request that expects "100 Continue".
    bool wants_continue();

    /// The complete request. Its views are valid until reset() or the reader's destruction.
    [[nodiscard]] const io::SignableRequest& request() const;
    [[nodiscard]] bool keep_alive() const;

    /// Prepares for the next request.
    void reset();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Serializes the whole response, header and body, in KMS's format. `now` is used for the Date
/// header.
[[nodiscard]] std::string http_response(const HandlerResponse& response,
                                        bool keep_alive,
                                        io::WallTime now);

}  // namespace keyferry::simulator
