// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/calls/repeatable_calls.hpp"
#include "io/clock/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace keyferry::engine {

/// The pause between reads that may be stale. It starts at the minimum and doubles up to the
/// maximum.
inline constexpr std::chrono::milliseconds kRereadDelayMin{500};
inline constexpr std::chrono::milliseconds kRereadDelayMax{5000};

/// Completes at `moment`, or shortly after `calls` has been stopped. `clock` and `calls` must
/// outlive the pause.
[[nodiscard]] boost::asio::awaitable<void> pause_until(io::Moment moment,
                                                       io::Clock& clock,
                                                       const RepeatableCalls& calls);

}  // namespace keyferry::engine
