// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <system_error>

namespace keyferry::io {

/// An errno value as an error code.
[[nodiscard]] inline std::error_code system_error(int number) noexcept {
    return {number, std::system_category()};
}

/// The current value of errno as an error code.
[[nodiscard]] inline std::error_code last_system_error() noexcept {
    return system_error(errno);
}

}  // namespace keyferry::io
