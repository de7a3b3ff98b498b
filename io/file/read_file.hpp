// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <system_error>

namespace keyferry::io {

/// Why a file could not be read. `text` is a sentence without a full stop that names the file.
struct ReadFileProblem {
    std::error_code code;  ///< errno, for example ENOENT; file_too_large if over the limit
    std::string text;
};

/// Reads an entire file. This function is for small files written by people (specs, policies,
/// credentials). It follows symbolic links, and rejects files larger than `size_bytes_max` and
/// anything but regular files (a pipe could block forever, and a device might never end). It uses
/// read(2), so that no library buffer keeps a copy of a secret.
[[nodiscard]] boost::system::result<std::string, ReadFileProblem> read_file(
    const std::string& path, std::size_t size_bytes_max);

}  // namespace keyferry::io
