// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/posix_append_file.hpp"

#include <cstdint>
#include <string>

namespace keyferry::cli {

/// What stands where an export is to go.
struct ExportTarget {
    enum class Kind : std::uint8_t {
        nothing,
        file,    ///< a regular one: only --force writes over it
        stream,  ///< a FIFO or a character device, which is written to and not replaced
    };
    Kind kind = Kind::nothing;
    std::string refusal;  ///< why nothing may be written there; empty where it may
};

/// Looks at `path` itself: what a symbolic link leads to is not written to by way of it. Refused,
/// with `force` too: all but the three kinds, a keyferry journal (the arguments were mixed up), and
/// a file where --force was not given.
[[nodiscard]] ExportTarget look_at_target(const std::string& path, bool force);

/// Why `path` may not be written over by an export of the journal `from`; empty where it may.
[[nodiscard]] std::string source_problem(io::PosixAppendFile& from, const std::string& path);

}  // namespace keyferry::cli
