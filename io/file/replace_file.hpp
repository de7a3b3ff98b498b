#pragma once

#include <string>
#include <system_error>

namespace keyferry {

/// Puts the file at `replacement` in the place of the one at `path`, which stays under a name of
/// its own: "<path>.old", or "<path>.old-2" and so on where that is taken. That name is returned in
/// `kept_as`. A whole file is at `path` at every moment, the one or the other, whatever happens to
/// the process or the machine; what both contain must have been synced before.
///
/// Where the file system has no hard links, the old file is copied.
std::error_code replace_file(const std::string& path,
                             const std::string& replacement,
                             std::string& kept_as);

/// Gives the file at `from`, which was synced before, the name `to`. EEXIST if there is one.
std::error_code publish_file(const std::string& from, const std::string& to);

/// Gives `path` the owner, group and mode of the file at `model`, as far as this user may: a file
/// that root has rewritten must still be its owner's.
void copy_owner(const std::string& model, const std::string& path);

}  // namespace keyferry
