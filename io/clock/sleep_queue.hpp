// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace keyferry::io {

/// The sleeps that have not ended, in the order in which they will: by moment, and for equal
/// moments by who came first. Both clocks own one; it is what makes their order the same, since
/// Asio's own timer heap promises no order among equal expiries.
///
/// Completions are posted to the io_context, so none runs inside a call of this class. They are
/// posted there and not to the handler's own executor: Boost 1.81 cannot post to
/// any_completion_executor, and the whole program has one io_context and no strands.
/// Not for several threads.
class SleepQueue {
  public:
    using Handler = boost::asio::any_completion_handler<void(boost::system::error_code)>;

    /// `when_aborted` is called after a sleep has been taken out by its cancellation slot.
    SleepQueue(boost::asio::io_context& io, std::function<void()> when_aborted)
        : io_(io), when_aborted_(std::move(when_aborted)) {}

    /// Sleeps still here end without completing: their handlers are destroyed.
    ~SleepQueue();

    SleepQueue(const SleepQueue&) = delete;
    SleepQueue& operator=(const SleepQueue&) = delete;

    void add(Moment when, Handler handler);

    [[nodiscard]] bool empty() const noexcept { return sleeps_.empty(); }

    /// The moment of the sleep that ends first; nothing when there is none.
    [[nodiscard]] std::optional<Moment> earliest() const;

    /// Posts the completion of every sleep that ends at or before `now`.
    void wake(Moment now);

  private:
    /// The moment, then a running number.
    using Key = std::pair<Moment, std::uint64_t>;
    using Sleeps = std::map<Key, Handler>;

    void abort(const Key& key);
    void complete(Sleeps::iterator at, boost::system::error_code error);

    boost::asio::io_context& io_;
    std::function<void()> when_aborted_;
    Sleeps sleeps_;
    std::uint64_t next_number_ = 0;
    /// Expires with this queue: a cancellation slot may outlive it.
    std::shared_ptr<SleepQueue*> self_ = std::make_shared<SleepQueue*>(this);
};

}  // namespace keyferry::io
