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

/// The connections to one origin: those in use, up to a bound, and those that mark_idle. The one
/// that rested shortest is used first, so that those which are not needed grow old and are closed.
/// Who finds all in use waits in line, behind those who came before.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
  public:
    ConnectionPool(std::shared_ptr<HttpEnvironment> environment, HttpOrigin origin);
    ~ConnectionPool();
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;

    /// See HttpTarget::exchange. Holds the pool while it runs.
    [[nodiscard]] static boost::asio::awaitable<HttpOutcome> exchange(
        std::shared_ptr<ConnectionPool> pool, std::string_view request, Repeat repeat);

  private:
    friend class ConnectionLease;
    class Waiter;

    /// A connection to use, opened or not yet; nothing when all are in use, or others wait.
    std::unique_ptr<Connection> take(bool only_new);
    void give_back(std::unique_ptr<Connection> connection);
    [[nodiscard]] HttpFailure wait_timeout() const;

    const std::shared_ptr<HttpEnvironment> environment_;
    const HttpOrigin origin_;
    std::vector<std::unique_ptr<Connection>> idle_;  ///< the longest resting first
    std::size_t open_ = 0;                           ///< in use and resting
    std::deque<Waiter*> waiters_;                    ///< first come, first served
};

}  // namespace keyferry::io
