// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <system_error>

namespace keyferry::io {

/// Why a file could not be read. `text` is a sentence that names the file, without a full stop.
struct ReadFileProblem {
    std::error_code code;  ///< errno, for example ENOENT; file_too_large if the file exceeds the
                           ///< limit
    std::string text;
};

/// Reads an entire file. Intended for small files written by people (specs, policies, credentials).
/// Follows symbolic links. Rejects files larger than `size_bytes_max`. Also rejects everything
/// except regular files, because reading from a pipe could block and a device might never end. Uses
/// read(2), so that no library buffer retains a copy of a secret.
[[nodiscard]] boost::system::result<std::string, ReadFileProblem> read_file(
    const std::string& path, std::size_t size_bytes_max);

/// Like read_file(), but also reads pipes and devices, such as the /dev/fd/63 of a process
/// substitution, to their end, and standard input if `path` is "-". Waits until the other process
/// has closed a pipe. Not for secrets.
[[nodiscard]] boost::system::result<std::string, ReadFileProblem> read_input(
    const std::string& path, std::size_t size_bytes_max);

}  // namespace keyferry::io
