// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/posix_append_file.hpp"

#include <memory>
#include <string>
#include <system_error>

namespace keyferry::io {

/// Writes a file atomically. The content is written to a temporary file with a unique name
/// (temp_file_name), which is renamed when it is complete, so that readers never see a partial
/// file. Never modifies unrelated files or temporary files of other processes.
///
/// If the process is killed, the temporary file remains, because no other process removes it.
/// orphaned_temp_files() finds such files.
class NewFile {
  public:
    /// Creates the temporary file next to `path`, with mode 0600.
    [[nodiscard]] static std::error_code create(const std::string& path,
                                                std::unique_ptr<NewFile>& file);

    /// Removes the temporary file unless it was published.
    ~NewFile();
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    PosixAppendFile& file() noexcept { return *file_; }
    /// The path of the temporary file.
    [[nodiscard]] const std::string& temporary_path() const noexcept { return temporary_path_; }

    // These functions rename the temporary file, whose content must have been synced. If an error
    // is returned with `is_published` set, the file has been renamed, but syncing the directory
    // failed, so a power loss may undo the rename. ESTALE is returned if temporary_path() no longer
    // refers to this file.

    /// Fails with EEXIST if `path` exists.
    std::error_code publish(bool& is_published);
    /// Overwrites an existing file.
    std::error_code publish_over(bool& is_published);
    /// Replaces an existing file and keeps the old one as `kept_as` (see replace_file).
    std::error_code replace(std::string& kept_as, bool& is_published);

  private:
    NewFile(std::string path, std::string temporary_path, std::unique_ptr<PosixAppendFile> file);
    std::error_code check_is_ours();

    std::string path_;
    std::string temporary_path_;
    std::unique_ptr<PosixAppendFile> file_;
    bool is_published_ = false;
};

}  // namespace keyferry::io
