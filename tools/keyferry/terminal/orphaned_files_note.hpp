// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::cli {

/// Explains a file found by orphaned_temp_files(), and what to do with it.
[[nodiscard]] std::string orphaned_file_text(const std::string& file);

/// Logs the files that interrupted commands left beside the file at `path` while writing it. Does
/// not remove them.
void log_orphaned_temp_files(const std::string& path);

}  // namespace keyferry::cli
