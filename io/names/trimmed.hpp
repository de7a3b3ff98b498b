#pragma once

#include <string_view>

namespace keyferry {

/// `text` without the spaces and tabs at its two ends.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace keyferry
