// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace keyferry::io {

/// What an exchange was doing when it failed.
enum class HttpStep : std::uint8_t {
    wait_for_connection,  ///< all connections to the origin were in use
    look_up,
    connect,
    tunnel,  ///< a proxy was asked to let TLS through to the origin
    handshake,
    send,
    receive,  ///< nothing, too little or too much came back
    parse,    ///< what came back is not HTTP, or longer than allowed
};

/// An exchange without a response.
struct HttpFailure {
    HttpFailure(HttpStep step_, std::string message_) : step(step_), message(std::move(message_)) {}

    HttpStep step;
    /// True as soon as one byte of the request may have left: the server may then have acted on it.
    bool sent = false;
    bool timed_out = false;
    /// The connection had been used before and ended before a byte of the response came: most often
    /// the server closed an idle connection just when the request was on its way.
    bool was_stale = false;
    /// One sentence without a full stop: the step, the origin, what happened.
    std::string message;
};

}  // namespace keyferry::io
