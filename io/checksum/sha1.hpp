// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace keyferry::io {

/// The SHA-1 of `bytes` as 40 lower-case hexadecimal digits. For names that others have chosen so,
/// as the AWS CLI names its files; it protects nothing.
[[nodiscard]] std::string sha1_hex(std::string_view bytes);

}  // namespace keyferry::io
