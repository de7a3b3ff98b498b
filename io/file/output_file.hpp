// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/descriptor.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

// Writes output to paths that the user names. A regular file is written under a temporary name and
// then renamed, so that an incomplete file is never visible. Anything else must not be replaced by
// a rename: otherwise, if the program runs as root, it could replace /dev/null.

namespace keyferry::io {

/// The kind of file that exists at an output path.
struct OutputTarget {
    enum class Kind : std::uint8_t {
        absent,
        file,    ///< a regular file
        stream,  ///< a FIFO, a character device, or a descriptor of this process (/dev/stdout)
        folder,
        other,  ///< a block device or a socket, which are not written to
    };
    Kind kind = Kind::absent;
    std::string path;  ///< for `absent` and `file`, the path with symbolic links resolved
};

/// Inspects `path`, following symbolic links.
[[nodiscard]] std::error_code inspect_output(const std::string& path, OutputTarget& target);

/// Opens a stream for writing; for a FIFO, waits until another process opens it for reading. If
/// `path` refers to one of this process's own descriptors, such as /dev/stdout, writing continues
/// at the descriptor's position.
[[nodiscard]] std::error_code open_stream(const std::string& path, Descriptor& stream);

/// The action if a regular file exists at the output path.
enum class IfExists : std::uint8_t { replace, refuse };

/// Writes the file at `path`. `write` is called with a function `sink`, to which it passes the
/// content in any number of pieces.
///
/// A regular file is written atomically (NewFile), with mode 0600, and is synced to disk on
/// success. A stream is written to directly. Returns std::errc::file_exists if a regular file
/// exists and `if_exists` is refuse, std::errc::is_a_directory for a folder, and
/// std::errc::operation_not_supported for a block device or a socket.
[[nodiscard]] std::error_code write_file(
    const std::string& path,
    IfExists if_exists,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write);

}  // namespace keyferry::io
