#pragma once

#include <string>

namespace keyferry {

/// What to think of a file that left_unfinished() has found, and what to do.
std::string unfinished_text(const std::string& file);

/// Says on standard error which files commands that were killed while they made the file at `path`
/// have left beside it. Removes none of them.
void tell_unfinished(const std::string& path);

}  // namespace keyferry
