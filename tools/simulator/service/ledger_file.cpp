// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/ledger_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace keyferry::simulator {

LedgerFile::~LedgerFile() {
    if (descriptor_ >= 0) {
        flush();
        ::close(descriptor_);
    }
}

std::error_code LedgerFile::open(const std::filesystem::path& path) {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC;
    descriptor_ = ::open(path.c_str(), kFlags, S_IRUSR | S_IWUSR);
    return descriptor_ >= 0 ? std::error_code{} : std::error_code(errno, std::system_category());
}

void LedgerFile::add(const LedgerEntry& entry) {
    if (error_) {
        return;
    }
    append_json(entry, buffer_);
    buffer_.push_back('\n');
    if (buffer_.size() >= kBufferBytes) {
        flush();
    }
}

std::error_code LedgerFile::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty() && !error_) {
        const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
        if (written > 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            error_ = std::error_code(errno, std::system_category());
        }
    }
    buffer_.clear();
    return error_;
}

}  // namespace keyferry::simulator
