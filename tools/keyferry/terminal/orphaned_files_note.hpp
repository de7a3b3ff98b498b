// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::cli {

/// What to think of a file that orphaned_temp_files() has found, and what to do.
[[nodiscard]] std::string orphaned_file_text(const std::string& file);

/// Says on standard error which files commands that were killed while they made the file at `path`
/// have left beside it. Removes none of them.
void log_orphaned_temp_files(const std::string& path);

}  // namespace keyferry::cli
