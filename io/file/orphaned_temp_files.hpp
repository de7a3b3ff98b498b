// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace keyferry::io {

/// The name under which a file that will be at `path` is filled: "<path>.unfinished-", this
/// process's number and 64 random bits, another one at each call.
[[nodiscard]] std::string temp_file_name(const std::string& path);

/// The regular files beside `path` with such a name that were left behind: the process that was to
/// finish them is gone from this machine. Sorted; empty also where the folder cannot be read. A
/// process of another machine may yet be at work on one, and a number that another process has
/// meanwhile hides one, so this is something to tell and no leave to remove anything.
[[nodiscard]] std::vector<std::string> orphaned_temp_files(const std::string& path);

}  // namespace keyferry::io
