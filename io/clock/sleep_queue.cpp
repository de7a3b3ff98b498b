// SPDX-License-Identifier: Apache-2.0
#include "io/clock/sleep_queue.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace keyferry::io {

SleepQueue::~SleepQueue() {
    // Destroying a handler may destroy a coroutine and everything that it owns, including the
    // cancellation signals of other sleeps. These must not access a partly destroyed queue.
    self_.reset();
    const Sleeps ending = std::move(sleeps_);
    sleeps_.clear();
}

void SleepQueue::add(Moment when, Handler handler) {
    const Key key(when, next_number_++);
    boost::asio::cancellation_slot slot = boost::asio::get_associated_cancellation_slot(handler);
    sleeps_.emplace(key, std::move(handler));
    if (slot.is_connected()) {
        // The slot keeps its handler after the sleep has ended. The handler then has no effect,
        // because keys are never reused.
        slot.assign([self = std::weak_ptr(self_), key](boost::asio::cancellation_type type) {
            const auto queue = self.lock();
            if (queue && type != boost::asio::cancellation_type::none) {
                (*queue)->abort(key);
            }
        });
    }
}

std::optional<Moment> SleepQueue::earliest() const {
    if (sleeps_.empty()) {
        return std::nullopt;
    }
    return sleeps_.begin()->first.first;
}

void SleepQueue::wake(Moment now) {
    while (!sleeps_.empty() && sleeps_.begin()->first.first <= now) {
        complete(sleeps_.begin(), boost::system::error_code());
    }
}

void SleepQueue::abort(const Key& key) {
    const auto at = sleeps_.find(key);
    if (at == sleeps_.end()) {
        return;  // it has ended, and its completion is already posted
    }
    complete(at, boost::asio::error::operation_aborted);
    when_aborted_();
}

void SleepQueue::complete(Sleeps::iterator at, boost::system::error_code error) {
    Handler handler = std::move(at->second);
    sleeps_.erase(at);
    boost::asio::post(
        io_, [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
}

}  // namespace keyferry::io
