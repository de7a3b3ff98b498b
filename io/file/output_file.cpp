// SPDX-License-Identifier: Apache-2.0
#include "io/file/output_file.hpp"

#include "io/file/system_error.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace keyferry::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWriteBytes = 1U << 20U;
constexpr int kLinksMax = 40;  // Linux's own limit

OutputProblem refused(std::string text) {
    return {std::move(text), true, false};
}

OutputProblem failed(const std::string& path, std::string_view operation, std::error_code error) {
    return {fmt::format("cannot {} {}: {}", operation, path, error.message()), false, false};
}

/// Returns the descriptor of this process to which `path` leads through symbolic links; nullopt if
/// it leads elsewhere.
std::optional<int> own_descriptor(const std::string& path) {
    fs::path at(path);
    std::error_code error;
    const fs::path descriptors = fs::canonical("/proc/self/fd", error);
    for (int links = 0; links < kLinksMax; ++links) {
        const fs::path folder = at.has_parent_path() ? at.parent_path() : fs::path(".");
        const std::string name = at.filename().string();
        int number = -1;
        const auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (bad == std::errc() && rest == name.data() + name.size() &&
            fs::canonical(folder, error) == descriptors && !error) {
            return number;
        }
        const fs::path target = fs::read_symlink(at, error);
        if (error) {
            return std::nullopt;  // not a link
        }
        at = folder / target;  // just `target` if it is absolute
    }
    return std::nullopt;
}

std::string folder_of(const std::string& path) {
    const fs::path folder = fs::path(path).parent_path();
    return folder.empty() ? "." : folder.string();
}

/// Opens the existing file at `path` and applies the rules that depend on its content.
OutputResult<std::unique_ptr<PosixAppendFile>> check_existing(const std::string& path,
                                                              const OutputRule& rule) {
    std::unique_ptr<PosixAppendFile> file;
    std::array<char, kFileKindBytes> bytes{};
    std::size_t got = 0;
    std::error_code error = PosixAppendFile::open(path, PosixAppendFile::Access::read_only, file);
    if (!error) {
        error = file->read(0, bytes, got);
    }
    bool is_locked = false;
    if (!error) {
        error = file->find_lock(is_locked);
    }
    if (error) {
        return refused(fmt::format(
            "{} exists but cannot be examined ({}); choose another name", path, error.message()));
    }
    if (is_locked) {
        return OutputProblem{
            path + " is in use by another process, which has locked it; choose another name",
            true,
            true};
    }
    const FileKind kind = file_kind(std::string_view(bytes.data(), got));
    if (kind == FileKind::journal) {
        return refused(path +
                       " is a keyferry journal and will not be overwritten; choose another name");
    }
    if (kind != FileKind::empty && (kind != rule.kind || kind == FileKind::other) && !rule.force) {
        return refused(fmt::format("{} exists and is {}{}; use --force to overwrite it",
                                   path,
                                   kind == FileKind::other ? "not " : "",
                                   name_of(kind == FileKind::other ? rule.kind : kind)));
    }
    return file;
}

std::error_code open_stream(const std::string& path, const OutputTarget& target, Descriptor& out) {
    if (target.descriptor) {
        out = Descriptor(::fcntl(*target.descriptor, F_DUPFD_CLOEXEC, 0));
        return out.number() >= 0 ? std::error_code() : last_system_error();
    }
    out = Descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW));
    struct stat status {};
    if (out.number() < 0 || ::fstat(out.number(), &status) != 0) {
        return last_system_error();
    }
    // A regular file may have replaced the stream since it was inspected.
    const bool is_stream = S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode);
    return is_stream ? std::error_code() : std::make_error_code(std::errc::file_exists);
}

std::error_code write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return last_system_error();
        }
    }
    return {};
}

/// Checks the folder before work whose result could not be written there. Whether it is really
/// writable is known only when the temporary file is created.
std::optional<OutputProblem> check_folder(const std::string& path) {
    const std::string folder = folder_of(path);
    if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) {
        return std::nullopt;
    }
    return OutputProblem{
        fmt::format(
            "cannot write {}: its folder {}: {}", path, folder, last_system_error().message()),
        false,
        false};
}

}  // namespace

OutputResult<OutputTarget> inspect_output(const std::string& path, bool allows_streams) {
    OutputTarget target;
    target.descriptor = path == "-" ? std::optional(STDOUT_FILENO) : own_descriptor(path);
    if (path.empty()) {
        return refused("the name of the output file is empty");
    }
    struct stat status {};
    if (!target.descriptor && ::lstat(path.c_str(), &status) != 0) {
        return errno == ENOENT ? OutputResult<OutputTarget>(target)
                               : failed(path, "write", last_system_error());
    }
    if (target.descriptor || S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        target.kind = OutputTarget::Kind::stream;
    } else if (S_ISREG(status.st_mode)) {
        target.kind = OutputTarget::Kind::file;
    } else if (S_ISLNK(status.st_mode)) {
        return refused(
            path +
            " is a symbolic link, and symbolic links are not followed; specify the file itself");
    } else if (S_ISDIR(status.st_mode)) {
        return refused(path + " is a folder; name a file in it");
    } else {
        return refused(path + " is a block device or a socket; choose another name");
    }
    if (target.kind == OutputTarget::Kind::stream && !allows_streams) {
        return refused(path == "-" ? std::string("this output cannot be written to standard "
                                                 "output; name a file (./- for the name '-')")
                                   : path + " is not a regular file; choose another name");
    }
    return target;
}

OutputResult<OutputTarget> check_output(const std::string& path, const OutputRule& rule) {
    OutputResult<OutputTarget> target = inspect_output(path, rule.allows_streams);
    if (!target || target->kind == OutputTarget::Kind::stream) {
        return target;
    }
    if (target->kind == OutputTarget::Kind::file) {
        auto existing = check_existing(path, rule);
        if (!existing) {
            return existing.error();
        }
    }
    if (std::optional<OutputProblem> problem = check_folder(path)) {
        return *std::move(problem);
    }
    return target;
}

OutputResult<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path,
                                                           const OutputRule& rule) {
    const OutputResult<OutputTarget> target = inspect_output(path, rule.allows_streams);
    if (!target) {
        return target.error();
    }
    std::unique_ptr<OutputFile> output(new OutputFile(path, rule));
    if (target->kind == OutputTarget::Kind::stream) {
        if (const std::error_code error = open_stream(path, *target, output->stream_)) {
            return failed(path, "write", error);
        }
        return output;
    }
    if (target->kind == OutputTarget::Kind::file) {
        auto existing = check_existing(path, rule);
        if (!existing) {
            return existing.error();
        }
        output->replaced_ = *std::move(existing);
    }
    if (const std::error_code error = NewFile::create(path, output->file_)) {
        return failed(path, "create a temporary file beside", error);
    }
    return output;
}

std::error_code OutputFile::append(std::string_view bytes) {
    return file_ ? file_->file().append(bytes) : write_all(stream_.number(), bytes);
}

std::optional<OutputProblem> OutputFile::prepare_replacing() {
    bool is_same = false;
    if (replaced_->is_at(path_, is_same) || !is_same) {
        return refused(path_ + " was replaced by another process; nothing was overwritten");
    }
    if (auto existing = check_existing(path_, rule_); !existing) {
        return existing.error();
    }
    if (const std::error_code error = file_->file().copy_owner(path_)) {
        return failed(path_, "keep the mode and owner of", error);
    }
    return std::nullopt;
}

std::optional<OutputProblem> OutputFile::publish() {
    if (!file_) {
        return std::nullopt;
    }
    if (replaced_) {
        if (std::optional<OutputProblem> problem = prepare_replacing()) {
            return problem;
        }
    }
    if (const std::error_code error = file_->file().sync()) {
        return failed(path_, "write", error);
    }
    bool is_published = false;
    const std::error_code error =
        replaced_ ? file_->publish_over(is_published) : file_->publish(is_published);
    replaced_.reset();
    if (error && is_published) {
        return OutputProblem{
            fmt::format(
                "{} was written, but syncing its folder failed: {}", path_, error.message()),
            false,
            false};
    }
    if (error == std::errc::file_exists) {
        return refused(path_ + " was created by another process; nothing was overwritten");
    }
    return error ? std::optional(failed(path_, "write", error)) : std::nullopt;
}

std::optional<OutputProblem> write_output(
    const std::string& path,
    const OutputRule& rule,
    const std::function<void(const std::function<void(std::string_view)>& sink)>& write) {
    OutputResult<std::unique_ptr<OutputFile>> output = OutputFile::open(path, rule);
    if (!output) {
        return output.error();
    }
    std::string buffer;
    std::error_code error;
    const auto flush = [&] {
        if (!error) {
            error = (*output)->append(buffer);
        }
        buffer.clear();
    };
    write([&](std::string_view piece) {
        buffer += piece;
        if (buffer.size() >= kWriteBytes) {
            flush();
        }
    });
    flush();
    return error ? std::optional(failed(path, "write", error)) : (*output)->publish();
}

}  // namespace keyferry::io
