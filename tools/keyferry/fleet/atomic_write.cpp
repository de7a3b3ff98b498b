#include "tools/keyferry/fleet/atomic_write.hpp"

#include "io/file/new_file.hpp"

#include <memory>

namespace keyferry {

namespace {

constexpr std::size_t kWriteBytes = 1U << 20U;

/// Gathers pieces into large writes, and remembers the first failure.
class GatheredFile {
  public:
    explicit GatheredFile(AppendFile& file) : file_(file) {}

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

    AppendFile& file_;
    std::string buffer_;
    std::error_code error_;
};

}  // namespace

std::error_code write_whole_file(
    const std::string& path,
    WhenThere when_there,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write) {
    std::unique_ptr<NewFile> file;
    if (const std::error_code error = NewFile::create(path, file)) {
        return error;
    }
    GatheredFile gathered(file->file());
    write([&](std::string_view piece) { gathered.add(piece); });
    if (const std::error_code error = gathered.finish()) {
        return error;
    }
    bool is_published = false;
    return when_there == WhenThere::replace ? file->publish_over(is_published)
                                            : file->publish(is_published);
}

}  // namespace keyferry
