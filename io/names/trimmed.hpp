// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::io {

/// Returns `text` without leading and trailing spaces and tabs.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

}  // namespace keyferry::io
