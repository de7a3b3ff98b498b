// SPDX-License-Identifier: Apache-2.0
#include "io/file/read_file.hpp"

#include "io/file/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keyferry::io {

namespace {

ReadFileProblem failed(const std::string& path) {
    const std::error_code code(errno, std::generic_category());
    return {code, fmt::format("cannot read {}: {}", path, code.message())};
}

ReadFileProblem too_large(const std::string& name, std::size_t size_bytes_max) {
    return {std::make_error_code(std::errc::file_too_large),
            fmt::format("cannot read {}: it has more than {} bytes", name, size_bytes_max)};
}

/// Reads from `descriptor` to the end.
boost::system::result<std::string, ReadFileProblem> read_stream(int descriptor,
                                                                const std::string& name,
                                                                std::size_t size_bytes_max) {
    constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
    std::string content;
    while (content.size() <= size_bytes_max) {
        const std::size_t before = content.size();
        content.resize(before + kChunkBytes);
        const ssize_t got = ::read(descriptor, content.data() + before, kChunkBytes);
        content.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0 && errno != EINTR) {
            return failed(name);
        }
        if (got == 0) {
            return content;
        }
    }
    return too_large(name, size_bytes_max);
}

}  // namespace

boost::system::result<std::string, ReadFileProblem> read_file(const std::string& path,
                                                              std::size_t size_bytes_max) {
    // O_NONBLOCK is set, because opening a pipe without a writer would block.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat status {};
    if (file.number() < 0 || ::fstat(file.number(), &status) != 0) {
        return failed(path);
    }
    if (!S_ISREG(status.st_mode)) {
        return ReadFileProblem{
            std::make_error_code(S_ISDIR(status.st_mode) ? std::errc::is_a_directory
                                                         : std::errc::not_supported),
            fmt::format("cannot read {}: it is not a regular file", path)};
    }
    if (static_cast<std::size_t>(status.st_size) > size_bytes_max) {
        return too_large(path, size_bytes_max);
    }
    // One extra byte is allocated to detect a file that grows while it is being read. The string is
    // never reallocated, so no copy of a secret remains in freed memory.
    std::string content(static_cast<std::size_t>(status.st_size) + 1, '\0');
    std::size_t read_bytes = 0;
    while (read_bytes < content.size()) {
        const ssize_t got =
            ::read(file.number(), content.data() + read_bytes, content.size() - read_bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return failed(path);
        }
        if (got == 0) {
            content.resize(read_bytes);
            return content;
        }
        read_bytes += static_cast<std::size_t>(got);
    }
    return ReadFileProblem{std::make_error_code(std::errc::resource_unavailable_try_again),
                           fmt::format("cannot read {}: it grew while being read", path)};
}

boost::system::result<std::string, ReadFileProblem> read_input(const std::string& path,
                                                               std::size_t size_bytes_max) {
    if (path == "-") {
        return read_stream(STDIN_FILENO, "standard input", size_bytes_max);
    }
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (file.number() < 0) {
        return failed(path);
    }
    return read_stream(file.number(), path, size_bytes_max);
}

}  // namespace keyferry::io
