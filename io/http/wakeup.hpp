// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/system_error.hpp>

namespace keyferry::io {

/// Allows one coroutine to wait for a signal. Can be in one WakeupQueue, from which it removes
/// itself when it is destroyed.
///
/// Boost 1.81's experimental::channel is not used, because it loses messages when combined with a
/// timer.
class Wakeup : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    explicit Wakeup(boost::asio::io_context& io) : timer_(io) {}
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    /// Waits until wake() is called; returns immediately if it has already been called. Throws
    /// operation_aborted if the coroutine is cancelled.
    boost::asio::awaitable<void> wait() {
        boost::system::error_code error = boost::asio::error::operation_aborted;
        if (!awake_) {
            timer_.expires_at(boost::asio::steady_timer::time_point::max());
            co_await timer_.async_wait(
                boost::asio::redirect_error(boost::asio::use_awaitable, error));
        }
        if (!awake_) {
            throw boost::system::system_error(error);
        }
        awake_ = false;
    }

    /// Ends the wait and removes this object from its queue.
    void wake() {
        unlink();
        awake_ = true;
        timer_.cancel();
    }

  private:
    boost::asio::steady_timer timer_;
    bool awake_ = false;
};

using WakeupQueue = boost::intrusive::list<Wakeup, boost::intrusive::constant_time_size<false>>;

}  // namespace keyferry::io
