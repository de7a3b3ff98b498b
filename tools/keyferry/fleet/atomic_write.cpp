// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/atomic_write.hpp"

#include "io/file/new_file.hpp"

#include <memory>

namespace keyferry::cli {

namespace {

constexpr std::size_t kWriteBytes = 1U << 20U;

/// Combines pieces into large writes and keeps the first error.
class BufferedFile {
  public:
    explicit BufferedFile(io::AppendFile& file) : file_(file) {}

    void add(std::string_view piece) {
        buffer_ += piece;
        if (buffer_.size() >= kWriteBytes) {
            flush();
        }
    }
    std::error_code finish() {
        flush();
        return error_ ? error_ : file_.sync();
    }

  private:
    void flush() {
        if (!error_) {
            error_ = file_.append(buffer_);
        }
        buffer_.clear();
    }

    io::AppendFile& file_;
    std::string buffer_;
    std::error_code error_;
};

}  // namespace

std::error_code write_file_atomically(
    const std::string& path,
    IfExists if_exists,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write) {
    std::unique_ptr<io::NewFile> file;
    if (const std::error_code error = io::NewFile::create(path, file)) {
        return error;
    }
    BufferedFile buffered(file->file());
    write([&](std::string_view piece) { buffered.add(piece); });
    if (const std::error_code error = buffered.finish()) {
        return error;
    }
    bool is_published = false;
    return if_exists == IfExists::replace ? file->publish_over(is_published)
                                          : file->publish(is_published);
}

}  // namespace keyferry::cli
