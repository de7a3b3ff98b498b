// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace keyferry::io {

/// The step at which an exchange failed.
enum class HttpStep : std::uint8_t {
    wait_for_connection,  ///< all connections to the origin were in use
    look_up,
    connect,
    tunnel,  ///< requesting a TLS tunnel to the origin from a proxy
    handshake,
    send,
    receive,  ///< no response, an incomplete response, or extra data
    parse,    ///< the response is not valid HTTP or exceeds the limits
};

/// An exchange that failed without a complete response.
struct HttpFailure {
    HttpFailure(HttpStep step_, std::string message_) : step(step_), message(std::move(message_)) {}

    HttpStep step;
    /// Whether any byte of the request may have been sent, so that the server may have acted on it.
    bool sent = false;
    bool timed_out = false;
    /// Whether a reused connection ended before the first byte of the response. This usually means
    /// that the server closed an idle connection just as the request was sent.
    bool was_stale = false;
    /// Whether the host name (the proxy's, if one is used) does not exist according to the
    /// resolver. False if the lookup failed for any other reason.
    bool host_is_unknown = false;
    /// Whether the server's certificate was not accepted.
    bool certificate_is_untrusted = false;
    /// One sentence without a full stop: the step, the origin and the cause.
    std::string message;
};

}  // namespace keyferry::io
