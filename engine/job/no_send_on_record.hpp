// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/moment.hpp"

#include <chrono>

namespace keyferry::engine {

/// The send time used if no send is recorded. It is later than any replica's creation date, so a
/// replica found later is not attributed to this program.
inline constexpr io::WallTime kNoSendOnRecord{
    std::chrono::sys_days{std::chrono::year{9999} / std::chrono::December / 31}};

}  // namespace keyferry::engine
