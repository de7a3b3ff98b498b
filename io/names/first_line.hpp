#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keyferry {

/// The first line of `text` in printable ASCII ('?' for everything else), at most `bytes_max` long:
/// fit for a message, whoever wrote it.
std::string first_line(std::string_view text, std::size_t bytes_max);

}  // namespace keyferry
