// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::cli {

/// What to do if the file exists.
enum class IfExists : std::uint8_t { replace, refuse };

/// Writes the file at `path` atomically, with mode 0600. `write` passes the content to `sink` in
/// any number of pieces. The file is never visible with partial content and is synced to disk on
/// success. Returns std::errc::file_exists if it exists and `if_exists` is refuse.
[[nodiscard]] std::error_code write_file_atomically(
    const std::string& path,
    IfExists if_exists,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write);

}  // namespace keyferry::cli
