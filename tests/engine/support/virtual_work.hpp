// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/virtual_clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <utility>

namespace keyferry::engine {

/// Runs `work` on `io` to completion in the virtual time of `clock`. Rethrows its exception.
inline void run_work(boost::asio::io_context& io,
                     io::VirtualClock& clock,
                     boost::asio::awaitable<void> work) {
    std::exception_ptr problem;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error) {
        problem = std::move(error);
        io.stop();
    });
    clock.run(io);
    if (problem) {
        std::rethrow_exception(problem);
    }
}

}  // namespace keyferry::engine
