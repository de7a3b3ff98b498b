// SPDX-License-Identifier: Apache-2.0
#include "io/http/connection_pool.hpp"

#include "io/http/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace keyferry::io {

/// An exchange waiting for a connection.
class ConnectionPool::Waiter final : private DeadlineWaiter {
  public:
    Waiter(std::shared_ptr<ConnectionPool> pool, boost::asio::io_context& io)
        : pool_(std::move(pool)), wakeup_(io) {
        pool_->waiters_.push_back(this);
    }
    ~Waiter() override {
        std::erase(pool_->waiters_, this);
        if (granted_) {
            pool_->release(std::move(granted_));
        }
    }

    void grant(std::unique_ptr<Connection> connection) {
        granted_ = std::move(connection);
        wakeup_.wake();
    }
    /// Returns the granted connection; nullptr if the deadline expired first.
    std::unique_ptr<Connection> take() { return std::move(granted_); }

    boost::asio::awaitable<void> wait(Moment deadline) {
        pool_->environment_->scan.watch(*this, deadline);
        co_await wakeup_.wait();
    }

  private:
    void on_deadline() noexcept override { wakeup_.wake(); }

    std::shared_ptr<ConnectionPool> pool_;
    Wakeup wakeup_;
    std::unique_ptr<Connection> granted_;
};

ConnectionPool::ConnectionPool(std::shared_ptr<HttpEnvironment> environment, HttpOrigin origin)
    : environment_(std::move(environment)), origin_(std::move(origin)) {}

ConnectionPool::~ConnectionPool() = default;

boost::asio::awaitable<HttpOutcome> ConnectionPool::exchange(std::shared_ptr<ConnectionPool> pool,
                                                             std::string_view request,
                                                             Repeat repeat) {
    HttpEnvironment& environment = *pool->environment_;
    const Moment deadline = environment.clock.now() + environment.settings.request_timeout;
    bool only_new = false;
    for (;;) {
        ConnectionLease lease(pool, pool->take(only_new));
        if (!lease) {
            Waiter waiter(pool, environment.io);
            co_await waiter.wait(deadline);
            lease = ConnectionLease(pool, waiter.take());
            if (!lease) {
                co_return HttpOutcome(pool->wait_timeout());
            }
        }
        std::optional<HttpFailure> failure;
        if (!lease->opened()) {
            failure = co_await lease->open(deadline);
        }
        if (!failure) {
            failure = co_await lease->exchange(request, deadline);
        }
        if (!failure) {
            co_return HttpOutcome(HttpResponse(std::move(lease)));
        }
        const bool again = failure->was_stale && (!failure->sent || repeat == Repeat::if_stale);
        if (!again) {
            co_return HttpOutcome(std::move(*failure));
        }
        only_new = true;  // a new connection cannot be stale, so this loop ends
    }
}

HttpFailure ConnectionPool::wait_timeout() const {
    HttpFailure failure(
        HttpStep::wait_for_connection,
        fmt::format("waiting for a free connection to {}: all {} were in use for {} ms",
                    origin_.text(),
                    environment_->settings.connections_max,
                    environment_->settings.request_timeout.count()));
    failure.timed_out = true;
    return failure;
}

std::unique_ptr<Connection> ConnectionPool::take(bool only_new) {
    if (!waiters_.empty()) {
        return nullptr;
    }
    while (!idle_.empty()) {
        std::unique_ptr<Connection> last = std::move(idle_.back());
        idle_.pop_back();
        if (!only_new && last->is_usable(environment_->clock.now())) {
            return last;
        }
        --open_;
        if (only_new) {
            break;
        }
    }
    if (open_ >= environment_->settings.connections_max) {
        return nullptr;
    }
    ++open_;
    return std::make_unique<Connection>(*environment_, origin_);
}

void ConnectionPool::release(std::unique_ptr<Connection> connection) {
    assert(open_ > 0);
    // The clock is used only for connections that have completed an exchange, because at shutdown,
    // the clock may be destroyed before pending calls.
    if (!connection->reusable() || connection->is_old(environment_->clock.now())) {
        connection.reset();
    }
    if (!waiters_.empty()) {
        if (!connection) {
            connection = std::make_unique<Connection>(*environment_, origin_);
        }
        Waiter* const first = waiters_.front();
        waiters_.pop_front();
        first->grant(std::move(connection));
        return;
    }
    if (!connection) {
        --open_;
        return;
    }
    connection->mark_idle(environment_->clock.now());
    idle_.push_back(std::move(connection));
    // It is enough to remove one connection, because only one is added at a time.
    if (!idle_.front()->idle_too_long(environment_->clock.now())) {
        return;
    }
    idle_.erase(idle_.begin());
    --open_;
}

ConnectionLease::ConnectionLease() noexcept = default;

ConnectionLease::ConnectionLease(std::shared_ptr<ConnectionPool> pool,
                                 std::unique_ptr<Connection> connection) noexcept
    : pool_(std::move(pool)), connection_(std::move(connection)) {}

ConnectionLease::ConnectionLease(ConnectionLease&& other) noexcept = default;

ConnectionLease& ConnectionLease::operator=(ConnectionLease&& other) noexcept {
    if (this != &other) {
        end();
        pool_ = std::move(other.pool_);
        connection_ = std::move(other.connection_);
    }
    return *this;
}

ConnectionLease::~ConnectionLease() {
    end();
}

void ConnectionLease::end() noexcept {
    if (connection_) {
        pool_->release(std::move(connection_));
    }
}

}  // namespace keyferry::io
