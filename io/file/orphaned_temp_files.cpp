// SPDX-License-Identifier: Apache-2.0
#include "io/file/orphaned_temp_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

namespace keyferry::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".unfinished-";
constexpr std::size_t kRandomDigits = 16;

/// Returns the ID of the process that created the temporary file `name`, which is to be renamed to
/// `becomes`; nullopt if the name has a different format.
std::optional<pid_t> creator_of(std::string_view name, std::string_view becomes) {
    if (!name.starts_with(becomes) || !name.substr(becomes.size()).starts_with(kMark)) {
        return std::nullopt;
    }
    name.remove_prefix(becomes.size() + kMark.size());
    pid_t pid = 0;
    const char* const end = name.data() + name.size();
    const std::from_chars_result read = std::from_chars(name.data(), end, pid);
    const std::string_view rest(read.ptr, static_cast<std::size_t>(end - read.ptr));
    const bool is_ours = read.ec == std::errc() && pid > 0 && rest.size() == 1 + kRandomDigits &&
                         rest[0] == '-' &&
                         rest.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
    return is_ours ? std::optional(pid) : std::nullopt;
}

bool is_dead(pid_t pid) noexcept {
    return ::kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

std::string temp_file_name(const std::string& path) {
    std::random_device device;
    const std::uint64_t random = (std::uint64_t{device()} << 32U) | device();
    return fmt::format("{}{}{}-{:0{}x}", path, kMark, ::getpid(), random, kRandomDigits);
}

std::vector<std::string> orphaned_temp_files(const std::string& path) {
    const fs::path becomes(path);
    const fs::path folder = becomes.has_parent_path() ? becomes.parent_path() : fs::path(".");
    std::vector<std::string> orphans;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const std::optional<pid_t> creator = creator_of(name, becomes.filename().string());
        std::error_code ignored;
        if (creator && is_dead(*creator) && fs::is_regular_file(entry->symlink_status(ignored))) {
            orphans.push_back((becomes.parent_path() / name).string());
        }
    }
    std::sort(orphans.begin(), orphans.end());
    return orphans;
}

}  // namespace keyferry::io
