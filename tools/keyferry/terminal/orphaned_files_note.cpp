// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/orphaned_files_note.hpp"

#include "io/file/orphaned_temp_files.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace keyferry::cli {

namespace {

constexpr std::size_t kFilesLoggedMax = 5;

}  // namespace

std::string orphaned_file_text(const std::string& file) {
    return fmt::format(
        "{} is an incomplete file from an interrupted command. Remove it, unless a process on "
        "another machine is still writing to it.",
        file);
}

void log_orphaned_temp_files(const std::string& path) {
    const std::vector<std::string> left = io::orphaned_temp_files(path);
    for (std::size_t index = 0; index < std::min(left.size(), kFilesLoggedMax); ++index) {
        log_message(orphaned_file_text(left[index]));
    }
    if (left.size() > kFilesLoggedMax) {
        log_message(fmt::format("... and {} more", left.size() - kFilesLoggedMax));
    }
}

}  // namespace keyferry::cli
