// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <chrono>

namespace keyferry::engine {

/// Where no send is on record, "sent" is never: later than any replica's creation date, so that
/// nothing that is found will be claimed. 9999-12-31.
inline constexpr io::WallTime kNoSendOnRecord{
    std::chrono::sys_days{std::chrono::year{9999} / std::chrono::December / 31}};

}  // namespace keyferry::engine
