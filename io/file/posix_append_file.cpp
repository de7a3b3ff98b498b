// SPDX-License-Identifier: Apache-2.0
#include "io/file/posix_append_file.hpp"

#include "io/file/system_error.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace keyferry::io {
namespace {

/// Maximum size of one write call; Linux itself is limited to 2 GiB.
constexpr std::size_t kWriteBytesMax = 64U << 20U;

bool fits_file_offset(std::uint64_t value) noexcept {
    return value <= static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());
}

/// Whether `size` exceeds `ulimit -f`, the maximum file size of this process.
bool is_over_file_limit(std::uint64_t size) noexcept {
    struct rlimit limit {};
    return ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           size > limit.rlim_cur;
}

/// Space allocated beyond the end of the file; 0 on file systems that do not count it.
std::uint64_t bytes_beyond_end(const struct stat& status) noexcept {
    constexpr std::uint64_t kUnitBytes = 512;  // unit of st_blocks
    const std::uint64_t allocated = static_cast<std::uint64_t>(status.st_blocks) * kUnitBytes;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    return allocated > size ? allocated - size : 0;
}

/// A lock on the entire file regardless of its size. l_pid must be 0 for OFD locks.
struct flock whole_file_lock() noexcept {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

}  // namespace

PosixAppendFile::PosixAppendFile(int descriptor, std::string path)
    : descriptor_(descriptor), path_(std::move(path)) {
    assert(descriptor_ >= 0);
}

PosixAppendFile::~PosixAppendFile() {
    // The result is ignored, because all data that must be durable has been synced and close cannot
    // be retried on Linux.
    static_cast<void>(::close(descriptor_));
}

std::error_code PosixAppendFile::open_with(const std::string& path,
                                           int flags,
                                           std::unique_ptr<PosixAppendFile>& file) {
    // O_NONBLOCK, so that a FIFO or device at this path is rejected below instead of blocking.
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (descriptor < 0) {
        return last_system_error();
    }
    std::unique_ptr<PosixAppendFile> opened(new PosixAppendFile(descriptor, path));
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        return last_system_error();
    }
    if (!S_ISREG(status.st_mode)) {
        return system_error(EINVAL);
    }
    file = std::move(opened);
    return {};
}

std::error_code PosixAppendFile::create(const std::string& path,
                                        std::unique_ptr<PosixAppendFile>& file) {
    return open_with(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, file);
}

std::error_code PosixAppendFile::open(const std::string& path,
                                      Access access,
                                      std::unique_ptr<PosixAppendFile>& file) {
    return open_with(path, access == Access::read_only ? O_RDONLY : O_RDWR | O_APPEND, file);
}

std::error_code PosixAppendFile::lock() {
    struct flock lock = whole_file_lock();
    if (::fcntl(descriptor_, F_OFD_SETLK, &lock) != 0) {
        // POSIX also permits EACCES here; callers do not need the distinction.
        return errno == EACCES ? system_error(EAGAIN) : last_system_error();
    }
    return {};
}

std::error_code PosixAppendFile::find_lock(bool& held_elsewhere) {
    struct flock lock = whole_file_lock();
    if (::fcntl(descriptor_, F_OFD_GETLK, &lock) != 0) {
        return last_system_error();
    }
    held_elsewhere = lock.l_type != F_UNLCK;
    return {};
}

std::error_code PosixAppendFile::permissions(Permissions& permissions) {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
        return last_system_error();
    }
    permissions.owner = status.st_uid;
    permissions.mode = status.st_mode & 07777U;
    return {};
}

std::error_code PosixAppendFile::check_path(bool& same_file) {
    return is_at(path_, same_file);
}

std::error_code PosixAppendFile::is_at(const std::string& path, bool& same_file) {
    struct stat ours {};
    struct stat named {};
    if (::fstat(descriptor_, &ours) != 0) {
        return last_system_error();
    }
    if (::lstat(path.c_str(), &named) != 0) {
        if (errno != ENOENT) {
            return last_system_error();
        }
        same_file = false;
        return {};
    }
    same_file = ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
    return {};
}

std::error_code PosixAppendFile::copy_owner(const std::string& model) {
    struct stat theirs {};
    struct stat ours {};
    if (::lstat(model.c_str(), &theirs) != 0 || ::fstat(descriptor_, &ours) != 0) {
        return last_system_error();
    }
    if (!S_ISREG(theirs.st_mode)) {
        return system_error(EINVAL);
    }
    // Uses the descriptor, because the path may refer to another file by now. The mode is set last,
    // because changing the owner clears some of its bits. File systems without owners reject a
    // change even if the values stay the same.
    constexpr mode_t kPermissions = 0777;
    const bool is_other_owner = theirs.st_uid != ours.st_uid || theirs.st_gid != ours.st_gid;
    if (is_other_owner && ::fchown(descriptor_, theirs.st_uid, theirs.st_gid) != 0) {
        return last_system_error();
    }
    const bool is_other_mode = ((theirs.st_mode ^ ours.st_mode) & kPermissions) != 0;
    if (is_other_mode && ::fchmod(descriptor_, theirs.st_mode & kPermissions) != 0) {
        return last_system_error();
    }
    return {};
}

std::error_code PosixAppendFile::sync_folder() {
    return sync_folder_of(path_);
}

std::error_code PosixAppendFile::free_space(std::uint64_t& bytes) {
    struct statvfs status {};
    if (::fstatvfs(descriptor_, &status) != 0) {
        return last_system_error();
    }
    bytes = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
    return {};
}

std::error_code PosixAppendFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written =
            ::write(descriptor_, bytes.data(), std::min(bytes.size(), kWriteBytesMax));
        if (written < 0) {
            if (errno == EINTR) {
                continue;  // this call wrote nothing
            }
            return last_system_error();
        }
        if (written == 0) {
            return system_error(EIO);  // impossible for a regular file; avoid an endless loop
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

std::error_code PosixAppendFile::sync() {
    // Never retried, not even after EINTR. After a failure, the kernel may have dropped the dirty
    // pages, and the next call would then report success for data that is not on disk.
    return ::fdatasync(descriptor_) == 0 ? std::error_code() : last_system_error();
}

std::error_code PosixAppendFile::read(std::uint64_t offset,
                                      std::span<char> into,
                                      std::size_t& got) {
    got = 0;
    if (!fits_file_offset(offset)) {
        return system_error(EINVAL);
    }
    for (;;) {
        const ssize_t count =
            ::pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
        if (count >= 0) {
            got = static_cast<std::size_t>(count);
            return {};
        }
        if (errno != EINTR) {
            return last_system_error();
        }
    }
}

std::error_code PosixAppendFile::truncate(std::uint64_t size) {
    if (!fits_file_offset(size)) {
        return system_error(EINVAL);
    }
    return ::ftruncate(descriptor_, static_cast<off_t>(size)) == 0 ? std::error_code()
                                                                   : last_system_error();
}

std::error_code PosixAppendFile::rewrite(std::uint64_t offset, std::string_view bytes) {
    // On Linux, pwrite appends if the descriptor has O_APPEND, regardless of the offset, so the
    // flag is cleared temporarily. The path is not opened again, because it may refer to another
    // file by now.
    const int flags = ::fcntl(descriptor_, F_GETFL);
    if (flags < 0 || ::fcntl(descriptor_, F_SETFL, flags & ~O_APPEND) != 0) {
        return last_system_error();
    }
    std::error_code error;
    while (!bytes.empty() && !error) {
        const ssize_t written = ::pwrite(descriptor_,
                                         bytes.data(),
                                         std::min(bytes.size(), kWriteBytesMax),
                                         static_cast<off_t>(offset));
        if (written > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
            offset += static_cast<std::uint64_t>(written);
        } else if (written == 0) {
            error = system_error(EIO);
        } else if (errno != EINTR) {
            error = last_system_error();
        }
    }
    if (::fcntl(descriptor_, F_SETFL, flags) != 0 && !error) {
        error = last_system_error();
    }
    return error;
}

std::error_code PosixAppendFile::reserve(std::uint64_t bytes) {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
        return last_system_error();
    }
    if (bytes == 0) {
        return {};
    }
    const auto end = static_cast<std::uint64_t>(status.st_size);
    // Linux would silently reserve space beyond the limit, and the write would fail later.
    if (!fits_file_offset(bytes) || !fits_file_offset(end + bytes) ||
        is_over_file_limit(end + bytes)) {
        return system_error(EFBIG);
    }
    const std::uint64_t beyond_end = bytes_beyond_end(status);
    // A file's last block usually extends beyond the end of the file, so less than a block does not
    // count.
    const bool has_reserved = beyond_end >= static_cast<std::uint64_t>(status.st_blksize);
    // If fallocate fails, all space beyond the end must be released, because ext4 cannot release
    // only part of it.
    std::uint64_t free_bytes = 0;
    if (has_reserved && !free_space(free_bytes) &&
        bytes - std::min(bytes, beyond_end) > free_bytes) {
        return system_error(ENOSPC);
    }
    if (::fallocate(
            descriptor_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(end), static_cast<off_t>(bytes)) ==
        0) {
        return {};
    }
    const std::error_code error = last_system_error();
    if (error.value() == EOPNOTSUPP || error.value() == ENOSYS) {
        return {};  // not supported (e.g. NFS); a full disk is detected by append()
    }
    if (!has_reserved) {
        // Part of the space may have been reserved before the disk was full; release it.
        static_cast<void>(truncate(end));
    }
    return error;
}

std::error_code PosixAppendFile::size(std::uint64_t& size) {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
        return last_system_error();
    }
    size = static_cast<std::uint64_t>(status.st_size);
    return {};
}

std::error_code sync_folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "."
                               : slash == 0               ? "/"
                                                          : path.substr(0, slash);
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return last_system_error();
    }
    const std::error_code error =
        ::fsync(descriptor) == 0 ? std::error_code() : last_system_error();
    static_cast<void>(::close(descriptor));
    return error;
}

}  // namespace keyferry::io
