// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "tests/soak/machine.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <utility>

namespace keyferry::soak {

/// Runs functions with the delay of the machine's disk, for the journal's writes and syncs.
class SlowExecutor {
  public:
    /// All must outlive the executor and its functions.
    SlowExecutor(boost::asio::io_context& io, io::Clock& clock, Machine& machine)
        : io_(&io), clock_(&clock), machine_(&machine) {}

    boost::asio::execution_context& query(
        boost::asio::execution::context_t /*property*/) const noexcept {
        return *io_;
    }
    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t /*property*/) noexcept {
        return boost::asio::execution::blocking_t(boost::asio::execution::blocking.never);
    }
    [[nodiscard]] SlowExecutor require(
        boost::asio::execution::blocking_t::never_t /*property*/) const noexcept {
        return *this;
    }

    template <typename Function>
    void execute(Function function) const {
        clock_->sleep_until(
            clock_->now() + machine_->draw_sync_time(),
            [function = std::move(function)](boost::system::error_code /*error*/) mutable {
                std::move(function)();
            });
    }

    friend bool operator==(const SlowExecutor& a, const SlowExecutor& b) noexcept {
        return a.io_ == b.io_ && a.clock_ == b.clock_ && a.machine_ == b.machine_;
    }
    friend bool operator!=(const SlowExecutor& a, const SlowExecutor& b) noexcept {
        return !(a == b);
    }

  private:
    boost::asio::io_context* io_;
    io::Clock* clock_;
    Machine* machine_;
};

}  // namespace keyferry::soak
