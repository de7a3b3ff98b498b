// SPDX-License-Identifier: Apache-2.0
#include "io/file/output_file.hpp"

#include "io/file/new_file.hpp"
#include "io/file/system_error.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <utility>

namespace keyferry::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWriteBytes = 1U << 20U;
constexpr int kLinksMax = 40;  // Linux's own limit

/// Where the symbolic links of a path lead.
struct LinkEnd {
    std::string path;
    std::optional<int> descriptor;  ///< set if the path is a descriptor of this process
};

LinkEnd follow_links(const std::string& path) {
    LinkEnd end{path, std::nullopt};
    std::error_code error;
    const fs::path descriptors = fs::canonical("/proc/self/fd", error);
    for (int links = 0; links < kLinksMax; ++links) {
        const fs::path at(end.path);
        const fs::path folder = at.has_parent_path() ? at.parent_path() : fs::path(".");
        const std::string name = at.filename().string();
        int number = -1;
        const auto [rest, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (failed == std::errc() && rest == name.data() + name.size() &&
            fs::canonical(folder, error) == descriptors && !error) {
            end.descriptor = number;
            return end;
        }
        const fs::path target = fs::read_symlink(at, error);
        if (error) {
            return end;  // not a link
        }
        end.path = (folder / target).string();  // just `target` if it is absolute
    }
    return end;
}

/// Combines pieces into large writes and keeps the first error.
class BufferedOutput {
  public:
    using Append = std::function<std::error_code(std::string_view bytes)>;
    explicit BufferedOutput(Append append) : append_(std::move(append)) {}

    void add(std::string_view piece) {
        buffer_ += piece;
        if (buffer_.size() >= kWriteBytes) {
            flush();
        }
    }
    [[nodiscard]] std::error_code finish() {
        flush();
        return error_;
    }

  private:
    void flush() {
        if (!error_) {
            error_ = append_(buffer_);
        }
        buffer_.clear();
    }

    Append append_;
    std::string buffer_;
    std::error_code error_;
};

using Write = std::function<void(const std::function<void(std::string_view)>& sink)>;

std::error_code write_pieces(const Write& write, BufferedOutput::Append append) {
    BufferedOutput output(std::move(append));
    write([&](std::string_view piece) { output.add(piece); });
    return output.finish();
}

std::error_code write_stream(const std::string& path, const Write& write) {
    Descriptor stream;
    if (const std::error_code error = open_stream(path, stream)) {
        return error;
    }
    return write_pieces(write, [&](std::string_view bytes) -> std::error_code {
        while (!bytes.empty()) {
            const ssize_t written = ::write(stream.number(), bytes.data(), bytes.size());
            if (written >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(written));
            } else if (errno != EINTR) {
                return last_system_error();
            }
        }
        return {};
    });
}

std::error_code write_regular(const std::string& path, IfExists if_exists, const Write& write) {
    std::unique_ptr<NewFile> file;
    if (const std::error_code error = NewFile::create(path, file)) {
        return error;
    }
    if (const std::error_code error = write_pieces(
            write, [&](std::string_view bytes) { return file->file().append(bytes); })) {
        return error;
    }
    if (const std::error_code error = file->file().sync()) {
        return error;
    }
    bool is_published = false;
    return if_exists == IfExists::replace ? file->publish_over(is_published)
                                          : file->publish(is_published);
}

}  // namespace

std::error_code inspect_output(const std::string& path, OutputTarget& target) {
    LinkEnd end = follow_links(path);
    target = OutputTarget{OutputTarget::Kind::absent, std::move(end.path)};
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? std::error_code() : last_system_error();
    }
    if (S_ISDIR(status.st_mode)) {
        target.kind = OutputTarget::Kind::folder;
    } else if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode) || end.descriptor) {
        target.kind = OutputTarget::Kind::stream;
    } else if (S_ISREG(status.st_mode)) {
        target.kind = OutputTarget::Kind::file;
    } else {
        target.kind = OutputTarget::Kind::other;
    }
    return {};
}

std::error_code open_stream(const std::string& path, Descriptor& stream) {
    if (const std::optional<int> own = follow_links(path).descriptor) {
        stream = Descriptor(::fcntl(*own, F_DUPFD_CLOEXEC, 0));
        return stream.number() >= 0 ? std::error_code() : last_system_error();
    }
    stream = Descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    struct stat status {};
    if (stream.number() < 0 || ::fstat(stream.number(), &status) != 0) {
        return last_system_error();
    }
    // A regular file may have replaced the stream since it was inspected.
    const bool is_stream = S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode);
    return is_stream ? std::error_code() : std::make_error_code(std::errc::file_exists);
}

std::error_code write_file(const std::string& path, IfExists if_exists, const Write& write) {
    OutputTarget target;
    if (const std::error_code error = inspect_output(path, target)) {
        return error;
    }
    switch (target.kind) {
        case OutputTarget::Kind::folder:
            return std::make_error_code(std::errc::is_a_directory);
        case OutputTarget::Kind::other:
            return std::make_error_code(std::errc::operation_not_supported);
        case OutputTarget::Kind::stream:
            return write_stream(path, write);
        case OutputTarget::Kind::file:
            if (if_exists == IfExists::refuse) {
                return std::make_error_code(std::errc::file_exists);
            }
            break;
        case OutputTarget::Kind::absent:
            break;
    }
    return write_regular(target.path, if_exists, write);
}

}  // namespace keyferry::io
