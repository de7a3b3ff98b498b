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
        stream,  ///< written to, not replaced (io::OutputTarget::Kind::stream)
    };
    Kind kind = Kind::none;
    std::string refusal;  ///< why the path must not be written; empty: it may
};

/// Inspects `path`. Refuses a file without `force`, and always a keyferry journal (probably swapped
/// arguments), a symbolic link except to a stream, and anything that is none of the three kinds.
[[nodiscard]] ExportTarget inspect_target(const std::string& path, bool force);

/// Error if `path` is the journal `from` itself; else empty.
[[nodiscard]] std::string source_problem(io::PosixAppendFile& from, const std::string& path);

}  // namespace keyferry::cli
