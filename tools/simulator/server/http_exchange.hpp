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

/// How far the parser is with what it was given.
enum class HttpProgress : std::uint8_t {
    more,      ///< the request is not complete
    complete,  ///< request() has it
    broken,    ///< no HTTP, or over a limit; the connection is of no further use
};

/// One HTTP/1.1 request, read from pieces as they come. Bytes only; no socket.
class HttpRequestReader {
  public:
    HttpRequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
    ~HttpRequestReader();
    HttpRequestReader(const HttpRequestReader&) = delete;
    HttpRequestReader& operator=(const HttpRequestReader&) = delete;

    /// Reads on. `consumed` says how many bytes of `bytes` are done with; the rest must come again
    /// at the beginning of the next call, with more behind it.
    HttpProgress put(std::string_view bytes, std::size_t& consumed);

    /// The status for a broken request: 400, 413 or 431.
    [[nodiscard]] int status_when_broken() const;

    /// True once after the header of a request that waits for "100 Continue".
    bool wants_continue();

    /// The complete request; its views live until reset() or the end of the reader.
    [[nodiscard]] const io::SignableRequest& request() const;
    [[nodiscard]] bool keep_alive() const;

    /// Ready for the next request.
    void reset();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The whole answer, head and body, as KMS writes it. `now` dates it.
[[nodiscard]] std::string http_response(const HandlerResponse& answer,
                                        bool keep_alive,
                                        io::WallTime now);

}  // namespace keyferry::simulator
