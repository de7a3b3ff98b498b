// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <system_error>

namespace keyferry::io {

/// Puts the file at `replacement` in the place of the one at `path`, which stays under a name of
/// its own: "<path>.old", or "<path>.old-2" and so on where that is taken. That name is returned in
/// `kept_as`. A whole file is at `path` at every moment, the one or the other, whatever happens to
/// the process or the machine; what both contain must have been synced before.
///
/// Where the file system has no hard links, the old file is copied. An error with `is_replaced` set
/// is that of the folder's last sync: a power loss may yet bring the old file back.
[[nodiscard]] std::error_code replace_file(const std::string& path,
                                           const std::string& replacement,
                                           std::string& kept_as,
                                           bool& is_replaced);

/// Gives the file at `from`, which was synced before, the name `to`. EEXIST if there is one.
/// `is_published` as `is_replaced` above.
[[nodiscard]] std::error_code publish_file(const std::string& from,
                                           const std::string& to,
                                           bool& is_published);

}  // namespace keyferry::io
