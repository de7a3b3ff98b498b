#pragma once

#include <string>

namespace keyferry {

/// What to think of a file that left_unfinished() has found beside a journal, and what to do.
std::string unfinished_text(const std::string& file);

/// Says on standard error which files a rewrite of the journal at `path` that was killed has left
/// beside it. Removes none of them.
void tell_unfinished(const std::string& path);

}  // namespace keyferry
