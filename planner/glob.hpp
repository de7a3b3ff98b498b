#pragma once

#include <string_view>

namespace keyferry {

/// Whether `pattern` matches the whole of `text`: '*' stands for any characters, '?' for one, as in
/// IAM policies. Case counts.
bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace keyferry
