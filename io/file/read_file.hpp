// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <string>
#include <system_error>

namespace keyferry::io {

/// Why a file could not be read. `text` is a sentence without a full stop that names the file.
struct ReadFileProblem {
    std::error_code code;  ///< ENOENT and the like; file_too_large for one over the limit
    std::string text;
};

/// A file's whole content. For small files that people write (specs, policies, credentials):
/// follows symbolic links, refuses all but regular files (a pipe could block for ever, a device
/// never end) and what has more than `size_bytes_max` bytes. Uses read(2), so that no buffer of a
/// library keeps a copy of a secret.
[[nodiscard]] boost::system::result<std::string, ReadFileProblem> read_file(
    const std::string& path, std::size_t size_bytes_max);

}  // namespace keyferry::io
