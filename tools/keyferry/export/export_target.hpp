// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/posix_append_file.hpp"

#include <cstdint>
#include <string>

namespace keyferry::cli {

/// What exists at the path of an export.
struct ExportTarget {
    enum class Kind : std::uint8_t {
        none,
        file,    ///< a regular file, overwritten only with --force
        stream,  ///< is written to, not replaced (io::OutputTarget::Kind::stream)
    };
    Kind kind = Kind::none;
    std::string refusal;  ///< why the path must not be written to; empty if it may be
};

/// Inspects `path`. An existing file is refused unless `force` is set. The following are always
/// refused: a keyferry journal (the arguments were probably swapped), a symbolic link unless it
/// leads to a stream, and anything that is none of the three kinds.
[[nodiscard]] ExportTarget inspect_target(const std::string& path, bool force);

/// Returns an error text if `path` is the journal `from` itself; otherwise an empty string.
[[nodiscard]] std::string source_problem(io::PosixAppendFile& from, const std::string& path);

}  // namespace keyferry::cli
