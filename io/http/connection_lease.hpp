// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace keyferry::io {

class Connection;
class ConnectionPool;

/// Exclusive use of a pooled connection. The destructor returns the connection to the pool, or
/// closes it if it cannot be reused. A lease keeps the pool alive.
class ConnectionLease {
  public:
    ConnectionLease() noexcept;
    ConnectionLease(std::shared_ptr<ConnectionPool> pool,
                    std::unique_ptr<Connection> connection) noexcept;
    ConnectionLease(ConnectionLease&& other) noexcept;
    ConnectionLease& operator=(ConnectionLease&& other) noexcept;
    ~ConnectionLease();

    explicit operator bool() const noexcept { return connection_ != nullptr; }
    Connection* operator->() const noexcept { return connection_.get(); }

  private:
    void end() noexcept;

    std::shared_ptr<ConnectionPool> pool_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace keyferry::io
