// SPDX-License-Identifier: Apache-2.0
#include "io/file/replace_file.hpp"

#include "io/file/posix_append_file.hpp"
#include "io/file/system_error.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace keyferry::io {
namespace {

constexpr int kOldFilesMax = 1000;
constexpr std::size_t kCopyBytes = 1U << 20U;

/// For file systems without hard links. Removes an incomplete copy.
std::error_code copy_file(const std::string& path, const std::string& copy_path) {
    std::unique_ptr<PosixAppendFile> from;
    std::unique_ptr<PosixAppendFile> copy;
    if (const std::error_code error =
            PosixAppendFile::open(path, PosixAppendFile::Access::read_only, from)) {
        return error;
    }
    if (const std::error_code error = PosixAppendFile::create(copy_path, copy)) {
        return error;
    }
    std::vector<char> chunk(kCopyBytes);
    std::error_code error;
    std::uint64_t offset = 0;
    std::size_t got = 1;
    while (!error && got > 0) {
        error = from->read(offset, chunk, got);
        if (!error) {
            error = copy->append(std::string_view(chunk.data(), got));
        }
        offset += got;
    }
    if (!error) {
        error = copy->sync();
    }
    if (error) {
        static_cast<void>(::unlink(copy_path.c_str()));
    }
    return error;
}

std::error_code keep_old_file(const std::string& path, std::string& kept_as) {
    std::error_code error(EEXIST, std::system_category());
    for (int number = 1; number <= kOldFilesMax && error.value() == EEXIST; ++number) {
        kept_as = path + ".old" + (number == 1 ? "" : "-" + std::to_string(number));
        error =
            ::link(path.c_str(), kept_as.c_str()) == 0 ? std::error_code() : last_system_error();
        // File systems use different errors for missing hard link support.
        if (error && error.value() != EEXIST) {
            error = copy_file(path, kept_as);
        }
    }
    return error;
}

/// For file systems that support neither RENAME_NOREPLACE nor hard links.
std::error_code rename_to_free_name(const std::string& from, const std::string& to) {
    struct stat status {};
    if (::lstat(to.c_str(), &status) == 0) {
        return {EEXIST, std::system_category()};
    }
    return ::rename(from.c_str(), to.c_str()) == 0 ? std::error_code() : last_system_error();
}

}  // namespace

std::error_code replace_file(const std::string& path,
                             const std::string& replacement,
                             std::string& kept_as,
                             bool& is_replaced) {
    is_replaced = false;
    if (const std::error_code error = keep_old_file(path, kept_as)) {
        return error;
    }
    if (const std::error_code error = sync_folder_of(path)) {
        return error;
    }
    if (::rename(replacement.c_str(), path.c_str()) != 0) {
        return last_system_error();
    }
    is_replaced = true;
    return sync_folder_of(path);
}

std::error_code publish_file(const std::string& from, const std::string& to, bool& is_published) {
    is_published = false;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
        // EINVAL: the file system does not support RENAME_NOREPLACE; link() also fails if the name
        // exists.
        if (errno != EINVAL) {
            return last_system_error();
        }
        if (::link(from.c_str(), to.c_str()) == 0) {
            static_cast<void>(::unlink(from.c_str()));
        } else if (errno == EEXIST) {
            return last_system_error();
        } else if (const std::error_code error = rename_to_free_name(from, to)) {
            return error;
        }
    }
    is_published = true;
    return sync_folder_of(to);
}

}  // namespace keyferry::io
