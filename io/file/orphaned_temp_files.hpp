// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::io {

/// Returns a unique temporary name for the file that will be at `path`: "<path>.unfinished-", the
/// process id and 64 random bits.
[[nodiscard]] std::string temp_file_name(const std::string& path);

/// Returns the temporary files next to `path` whose process no longer runs on this machine, sorted
/// by name. The result is empty if the directory cannot be read. A process on another machine may
/// still be writing one of the files, and a file is missing from the result if its process id has
/// been reused. Use the result only for reporting, never to delete files.
[[nodiscard]] std::vector<std::string> orphaned_temp_files(const std::string& path);

}  // namespace keyferry::io
