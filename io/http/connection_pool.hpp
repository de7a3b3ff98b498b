// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/http/http_client.hpp"
#include "io/http/http_environment.hpp"
#include "io/http/http_failure.hpp"
#include "io/http/http_origin.hpp"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::io {

class Connection;

/// The connections to an origin, both in use and idle. Their number is limited. The most recently
/// used connection is reused first, so that surplus connections reach the idle timeout and are
/// closed. If all connections are in use, further exchanges wait in first-in, first-out order.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
  public:
    ConnectionPool(std::shared_ptr<HttpEnvironment> environment, HttpOrigin origin);
    ~ConnectionPool();
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;

    /// See HttpTarget::exchange. Keeps the pool alive while it runs.
    [[nodiscard]] static boost::asio::awaitable<HttpOutcome> exchange(
        std::shared_ptr<ConnectionPool> pool, std::string_view request, Repeat repeat);

  private:
    friend class ConnectionLease;
    class Waiter;

    /// Returns a connection, which might not be open yet, or nullptr if all connections are in use
    /// or other exchanges are already waiting.
    std::unique_ptr<Connection> take(bool only_new);
    void release(std::unique_ptr<Connection> connection);
    [[nodiscard]] HttpFailure wait_timeout() const;

    const std::shared_ptr<HttpEnvironment> environment_;
    const HttpOrigin origin_;
    std::vector<std::unique_ptr<Connection>> idle_;  ///< longest idle first
    std::size_t open_ = 0;                           ///< number of connections in use or idle
    std::deque<Waiter*> waiters_;                    ///< in order of arrival
};

}  // namespace keyferry::io
