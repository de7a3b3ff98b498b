// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::io {

/// Returns a unique name for a temporary file that will be renamed to `path`: "<path>.unfinished-"
/// followed by the process ID and 64 random bits.
[[nodiscard]] std::string temp_file_name(const std::string& path);

/// Returns the temporary files next to `path` whose process is no longer running on this machine,
/// sorted by name. Returns nothing if the directory cannot be read. The result may include files
/// that a process on another machine is still writing, and omits files whose process ID has been
/// reused. Use it only for reporting, never to delete files.
[[nodiscard]] std::vector<std::string> orphaned_temp_files(const std::string& path);

}  // namespace keyferry::io
