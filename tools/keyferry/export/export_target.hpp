// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/posix_append_file.hpp"

#include <cstdint>
#include <string>

namespace keyferry::cli {

/// The kind of file that exists at the path of an export.
struct ExportTarget {
    enum class Kind : std::uint8_t {
        none,
        file,    ///< a regular file, overwritten only with --force
        stream,  ///< written to directly, not replaced (io::OutputTarget::Kind::stream)
    };
    Kind kind = Kind::none;
    std::string refusal;  ///< why the path must not be written to; empty if it may be
};

/// Inspects `path`. An existing file is refused unless `force` is set. Always refused are keyferry
/// journals (the arguments were probably swapped), symbolic links that do not lead to a stream, and
/// any other kind of file.
[[nodiscard]] ExportTarget inspect_target(const std::string& path, bool force);

/// Returns an error text if `path` is the journal `from` itself; otherwise an empty string.
[[nodiscard]] std::string source_problem(io::PosixAppendFile& from, const std::string& path);

}  // namespace keyferry::cli
