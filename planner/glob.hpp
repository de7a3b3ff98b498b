#pragma once

#include <string_view>

namespace keyferry {

/// Whether `text` is what `pattern` says, '*' standing for any characters, none included. Takes at
/// most the product of both lengths.
bool matches_glob(std::string_view text, std::string_view pattern) noexcept;

}  // namespace keyferry
