// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/posix_append_file.hpp"

#include <memory>
#include <string>
#include <system_error>

namespace keyferry::io {

/// A file that is filled under a name that is nobody else's and gets its own when it is whole, so
/// that no half of it is ever found there. What is in the way of that name, a file of a person or
/// of a process that does the same, is never touched: it is made only where nothing is, under a
/// name of its own (temp_file_name).
///
/// A process that is killed leaves it behind (orphaned_temp_files). Only its maker removes it.
class NewFile {
  public:
    /// Makes the file, for its owner only (0600), beside `path`.
    [[nodiscard]] static std::error_code create(const std::string& path,
                                                std::unique_ptr<NewFile>& file);

    /// Removes the file if it has not got its name.
    ~NewFile();
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    PosixAppendFile& file() noexcept { return *file_; }
    /// Where it is meanwhile.
    [[nodiscard]] const std::string& temporary_path() const noexcept { return temporary_path_; }

    // Each gives the file its name; what is in it must have been synced. An error with
    // `is_published` set is that of the folder's sync: the name is there, and a power loss may take
    // it back. ESTALE: what is at temporary_path() is not this file any more.

    /// EEXIST if there is a file of that name.
    std::error_code publish(bool& is_published);
    /// In the place of what is there. It is gone then.
    std::error_code publish_over(bool& is_published);
    /// In the place of the file that is there, which stays as `kept_as` (see replace_file).
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
