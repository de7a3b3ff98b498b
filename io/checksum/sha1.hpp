// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// Returns the SHA-1 of `bytes` as 40 lower-case hexadecimal digits. For compatibility only, for
/// example with the AWS CLI's cache file names. Do not use it for security.
[[nodiscard]] std::string sha1_hex(std::string_view bytes);

}  // namespace keyferry::io
