// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace keyferry::cli {

/// Explains what a file found by orphaned_temp_files() is, and what to do with it.
[[nodiscard]] std::string orphaned_file_text(const std::string& file);

/// Logs the temporary files that interrupted commands left next to the file at `path`. Does not
/// remove them.
void log_orphaned_temp_files(const std::string& path);

}  // namespace keyferry::cli
