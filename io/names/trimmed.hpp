// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::io {

/// `text` without the spaces and tabs at its two ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

}  // namespace keyferry::io
