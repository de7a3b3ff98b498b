// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/append_file.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::io {

/// AppendFile on a POSIX file system. Every open uses O_CLOEXEC and O_NOFOLLOW (a journal is never
/// reached through a symbolic link that someone else may turn), and only regular files are taken.
///
/// The lock is an open file description lock (F_OFD_SETLK): the kernel drops it when the process
/// dies, so there is never a stale one, and unlike a classic POSIX lock it is not lost when the
/// same process opens and closes the file a second time.
class PosixAppendFile final : public AppendFile {
  public:
    enum class Access : std::uint8_t { read_only, read_and_append };

    /// Makes a new file, readable and writable by its owner only (0600). EEXIST if there is one.
    [[nodiscard]] static std::error_code create(const std::string& path,
                                                std::unique_ptr<PosixAppendFile>& file);

    /// Opens a file that exists. ENOENT if there is none, ELOOP for a symbolic link, EINVAL for
    /// anything but a regular file.
    [[nodiscard]] static std::error_code open(const std::string& path,
                                              Access access,
                                              std::unique_ptr<PosixAppendFile>& file);

    ~PosixAppendFile() override;

    /// Takes the exclusive lock, or returns EAGAIN at once when another process has it.
    std::error_code lock();

    /// Whether someone else holds the lock. Takes nothing and disturbs nobody.
    std::error_code find_lock(bool& held_elsewhere);

    /// Whether the path still leads to this file: after a lock was taken, a file that was renamed
    /// or removed meanwhile must not be written to.
    std::error_code check_path(bool& same_file);
    /// Whether `path` itself, not what a link there leads to, is this file; false if there is none.
    std::error_code is_at(const std::string& path, bool& same_file);

    /// Gives the file the owner, group and mode of the regular file at `model`, as far as this user
    /// may: a file that root has rewritten must still be its owner's.
    void copy_owner(const std::string& model);

    /// Makes the file's name durable: fsync of its folder. Needed once after create().
    std::error_code sync_folder();

    /// Bytes that this user may still write on the file's file system.
    std::error_code free_space(std::uint64_t& bytes);

    std::error_code append(std::string_view bytes) override;
    std::error_code sync() override;
    std::error_code read(std::uint64_t offset, std::span<char> into, std::size_t& got) override;
    std::error_code truncate(std::uint64_t size) override;
    std::error_code rewrite(std::uint64_t offset, std::string_view bytes) override;
    std::error_code reserve(std::uint64_t bytes) override;
    std::error_code size(std::uint64_t& size) override;

  private:
    PosixAppendFile(int descriptor, std::string path);
    [[nodiscard]] static std::error_code open_with(const std::string& path,
                                                   int flags,
                                                   std::unique_ptr<PosixAppendFile>& file);

    int descriptor_;
    std::string path_;
};

/// fsync of the folder that holds `path`, which makes names created or removed in it durable.
[[nodiscard]] std::error_code sync_folder_of(const std::string& path);

}  // namespace keyferry::io
