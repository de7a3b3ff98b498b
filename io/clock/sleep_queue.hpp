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

/// The pending sleeps of a clock, ordered by deadline and then by start. Both clocks use this
/// class, so that sleeps complete in the same order on both; Asio's timer heap does not guarantee
/// an order for equal deadlines.
///
/// Completions are posted to the io_context, so none of them runs inside a call to this class. They
/// are not posted to the handler's own executor, because Boost 1.81 cannot post to
/// any_completion_executor. This is sufficient because the program has one io_context and no
/// strands. Not thread-safe.
class SleepQueue {
  public:
    using Handler = boost::asio::any_completion_handler<void(boost::system::error_code)>;

    /// `when_aborted` is called after a sleep has been cancelled through its cancellation slot.
    SleepQueue(boost::asio::io_context& io, std::function<void()> when_aborted)
        : io_(io), when_aborted_(std::move(when_aborted)) {}

    /// Destroys the handlers of pending sleeps, which then never complete.
    ~SleepQueue();

    SleepQueue(const SleepQueue&) = delete;
    SleepQueue& operator=(const SleepQueue&) = delete;

    void add(Moment when, Handler handler);

    [[nodiscard]] bool empty() const noexcept { return sleeps_.empty(); }

    /// The earliest deadline; nullopt if the queue is empty.
    [[nodiscard]] std::optional<Moment> earliest() const;

    /// Posts the completions of all sleeps that end at or before `now`.
    void wake(Moment now);

  private:
    /// The deadline and a sequence number.
    using Key = std::pair<Moment, std::uint64_t>;
    using Sleeps = std::map<Key, Handler>;

    void abort(const Key& key);
    void complete(Sleeps::iterator at, boost::system::error_code error);

    boost::asio::io_context& io_;
    std::function<void()> when_aborted_;
    Sleeps sleeps_;
    std::uint64_t next_number_ = 0;
    /// Expires with this queue, because a cancellation slot may outlive the queue.
    std::shared_ptr<SleepQueue*> self_ = std::make_shared<SleepQueue*>(this);
};

}  // namespace keyferry::io
