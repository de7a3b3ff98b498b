// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <system_error>

namespace keyferry::io {

/// Replaces the file at `path` with the one at `replacement` and keeps the old file as
/// "<path>.old", or as "<path>.old-2" and so on if that name exists. Sets `kept_as` to the name
/// used. At any time, even after a crash or power loss, `path` refers either to the complete old
/// file or to the complete new one. The content of both files must already have been synced.
///
/// On file systems without hard links, the old file is copied. If an error is returned with
/// `is_replaced` set, the file was replaced but the final directory sync failed, so a power loss
/// may restore the old file.
[[nodiscard]] std::error_code replace_file(const std::string& path,
                                           const std::string& replacement,
                                           std::string& kept_as,
                                           bool& is_replaced);

/// Renames the synced file `from` to `to`. Fails with EEXIST if `to` exists. `is_published` has the
/// same meaning as `is_replaced` above.
[[nodiscard]] std::error_code publish_file(const std::string& from,
                                           const std::string& to,
                                           bool& is_published);

}  // namespace keyferry::io
