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

/// AppendFile on a POSIX file system. Files are opened with O_CLOEXEC and O_NOFOLLOW, so that a
/// journal is never opened through a symbolic link that another user could change. Only regular
/// files are accepted.
///
/// The lock is an open file description lock (F_OFD_SETLK). The kernel releases it when the process
/// dies, so locks never become stale. Unlike a classic POSIX lock, it is not lost when the same
/// process opens and closes the file again.
class PosixAppendFile final : public AppendFile {
  public:
    enum class Access : std::uint8_t { read_only, read_and_append };

    /// Creates a file with mode 0600. Fails with EEXIST if it exists.
    [[nodiscard]] static std::error_code create(const std::string& path,
                                                std::unique_ptr<PosixAppendFile>& file);

    /// Opens an existing file. Fails with ENOENT if it does not exist, ELOOP if it is a symbolic
    /// link, and EINVAL if it is another kind of file, such as a folder.
    [[nodiscard]] static std::error_code open(const std::string& path,
                                              Access access,
                                              std::unique_ptr<PosixAppendFile>& file);

    ~PosixAppendFile() override;

    /// Acquires the exclusive lock, or returns EAGAIN immediately if another process holds it.
    std::error_code lock();

    /// Checks whether another process holds the lock, without acquiring it.
    std::error_code find_lock(bool& held_elsewhere);

    /// Checks whether the path still refers to this file. Call this after acquiring the lock,
    /// because a file must not be written to if it was renamed or removed in the meantime.
    std::error_code check_path(bool& same_file);
    /// Checks whether `path` is this file, without following a symbolic link. `same_file` is false
    /// if `path` does not exist.
    std::error_code is_at(const std::string& path, bool& same_file);

    /// Who may change the file.
    struct Permissions {
        unsigned owner = 0;  ///< user ID
        unsigned mode = 0;   ///< permission bits
    };
    std::error_code permissions(Permissions& permissions);

    /// Copies the owner, group and mode from the regular file `model`, which this file will
    /// replace. Fails if they cannot be copied, for example because another user owns `model`.
    [[nodiscard]] std::error_code copy_owner(const std::string& model);

    /// Makes the file's name durable by calling fsync on its directory. Required once after
    /// create().
    std::error_code sync_folder();

    std::error_code append(std::string_view bytes) override;
    std::error_code sync() override;
    std::error_code read(std::uint64_t offset, std::span<char> into, std::size_t& got) override;
    std::error_code truncate(std::uint64_t size) override;
    std::error_code rewrite(std::uint64_t offset, std::string_view bytes) override;
    std::error_code reserve(std::uint64_t bytes) override;
    std::error_code free_space(std::uint64_t& bytes) override;
    std::error_code size(std::uint64_t& size) override;

  private:
    PosixAppendFile(int descriptor, std::string path);
    [[nodiscard]] static std::error_code open_with(const std::string& path,
                                                   int flags,
                                                   std::unique_ptr<PosixAppendFile>& file);

    int descriptor_;
    std::string path_;
};

/// Syncs the directory that contains `path`, which makes files created or removed in it durable.
[[nodiscard]] std::error_code sync_folder_of(const std::string& path);

}  // namespace keyferry::io
