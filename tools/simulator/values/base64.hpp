// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// Encodes with padding and without line breaks.
[[nodiscard]] std::string base64(std::string_view bytes);

/// Decodes; returns nullopt if `text` is not valid base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace keyferry::simulator
