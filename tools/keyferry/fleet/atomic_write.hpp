// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::cli {

/// What becomes of a file of the same name.
enum class IfExists : std::uint8_t { replace, refuse };

/// Makes the file at `path`, for its owner only (0600), of the pieces that `write` gives its
/// argument, however many: no half of it is ever found there, and on success it is on the disk.
/// std::errc::file_exists where it is there and `if_exists` refuses.
[[nodiscard]] std::error_code write_file_atomically(
    const std::string& path,
    IfExists if_exists,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write);

}  // namespace keyferry::cli
