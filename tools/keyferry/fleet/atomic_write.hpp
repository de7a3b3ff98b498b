#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry {

/// What becomes of a file of the same name.
enum class WhenThere : std::uint8_t { replace, refuse };

/// Makes the file at `path`, for its owner only (0600), of the pieces that `write` gives its
/// argument, however many: no half of it is ever found there, and on success it is on the disk.
/// std::errc::file_exists where it is there and `when_there` refuses.
std::error_code write_whole_file(
    const std::string& path,
    WhenThere when_there,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write);

}  // namespace keyferry
