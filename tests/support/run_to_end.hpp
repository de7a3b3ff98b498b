// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace keyferry::test {

template <typename T>
boost::asio::awaitable<void> keep_result(boost::asio::awaitable<T> work, std::optional<T>& result) {
    result.emplace(co_await std::move(work));
}

/// Runs `io` until `work` is done, even if other work is pending; rethrows its exceptions. A
/// hanging test fails after ten seconds.
template <typename T>
T run_to_end(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr thrown;
    boost::asio::co_spawn(io, keep_result(std::move(work), result), [&](std::exception_ptr error) {
        thrown = error;
    });
    io.restart();
    while (!result && !thrown) {
        if (io.run_one_for(std::chrono::seconds(10)) == 0) {
            throw std::runtime_error("no progress for ten seconds, or no pending work");
        }
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    return std::move(*result);
}

}  // namespace keyferry::test
