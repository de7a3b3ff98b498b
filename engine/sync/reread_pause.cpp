// SPDX-License-Identifier: Apache-2.0
#include "engine/sync/reread_pause.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace keyferry::engine {

boost::asio::awaitable<void> pause_until(io::Moment moment,
                                         io::Clock& clock,
                                         const RepeatableCalls& calls) {
    /// How long a pause continues after a stop.
    constexpr std::chrono::milliseconds kSlice{200};
    while (clock.now() < moment && !calls.was_stopped()) {
        const io::Moment slice = std::min(moment, clock.now() + kSlice);
        co_await clock.sleep_until(slice, boost::asio::use_awaitable);
    }
}

}  // namespace keyferry::engine
