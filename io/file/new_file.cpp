// SPDX-License-Identifier: Apache-2.0
#include "io/file/new_file.hpp"

#include "io/file/orphaned_temp_files.hpp"
#include "io/file/replace_file.hpp"

#include <cerrno>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace keyferry::io {
namespace {

constexpr int kNamesTriedMax = 100;

}  // namespace

NewFile::NewFile(std::string path,
                 std::string temporary_path,
                 std::unique_ptr<PosixAppendFile> file)
    : path_(std::move(path)), temporary_path_(std::move(temporary_path)), file_(std::move(file)) {}

std::error_code NewFile::create(const std::string& path, std::unique_ptr<NewFile>& file) {
    std::error_code error;
    for (int tried = 0; tried < kNamesTriedMax; ++tried) {
        std::string name = temp_file_name(path);
        std::unique_ptr<PosixAppendFile> created;
        error = PosixAppendFile::create(name, created);
        if (!error) {
            file.reset(new NewFile(path, std::move(name), std::move(created)));
        }
        if (error.value() != EEXIST) {
            break;
        }
    }
    return error;
}

NewFile::~NewFile() {
    if (!is_published_ && !check_is_ours()) {
        static_cast<void>(::unlink(temporary_path_.c_str()));
    }
}

std::error_code NewFile::check_is_ours() {
    bool is_ours = false;
    const std::error_code error = file_->check_path(is_ours);
    return error || is_ours ? error : std::error_code(ESTALE, std::system_category());
}

std::error_code NewFile::publish(bool& is_published) {
    is_published = false;
    if (const std::error_code error = check_is_ours()) {
        return error;
    }
    const std::error_code error = publish_file(temporary_path_, path_, is_published);
    is_published_ = is_published;
    return error;
}

std::error_code NewFile::publish_over(bool& is_published) {
    is_published = false;
    if (const std::error_code error = check_is_ours()) {
        return error;
    }
    if (::rename(temporary_path_.c_str(), path_.c_str()) != 0) {
        return {errno, std::system_category()};
    }
    is_published = is_published_ = true;
    return sync_folder_of(path_);
}

std::error_code NewFile::replace(std::string& kept_as, bool& is_published) {
    is_published = false;
    if (const std::error_code error = check_is_ours()) {
        return error;
    }
    const std::error_code error = replace_file(path_, temporary_path_, kept_as, is_published);
    is_published_ = is_published;
    return error;
}

}  // namespace keyferry::io
