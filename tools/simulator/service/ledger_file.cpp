// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/ledger_file.hpp"

#include "io/file/output_file.hpp"
#include "io/file/system_error.hpp"

#include <cerrno>
#include <unistd.h>

namespace keyferry::simulator {

LedgerFile::~LedgerFile() {
    flush();
}

std::error_code LedgerFile::open(const std::string& path) {
    io::OutputTarget target;
    if (const std::error_code error = io::inspect_output(path, target)) {
        return error;
    }
    switch (target.kind) {
        case io::OutputTarget::Kind::folder:
            return std::make_error_code(std::errc::is_a_directory);
        case io::OutputTarget::Kind::other:
            return std::make_error_code(std::errc::operation_not_supported);
        case io::OutputTarget::Kind::stream:
            return io::open_stream(path, stream_);
        case io::OutputTarget::Kind::file:
        case io::OutputTarget::Kind::absent:
            break;
    }
    if (const std::error_code error = io::NewFile::create(target.path, file_)) {
        return error;
    }
    bool is_published = false;
    return file_->publish_over(is_published);
}

std::error_code LedgerFile::write(std::string_view bytes) {
    if (file_) {
        return file_->file().append(bytes);
    }
    while (!bytes.empty()) {
        const ssize_t written = ::write(stream_.number(), bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            return io::last_system_error();
        }
    }
    return {};
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
    if (!error_ && !buffer_.empty()) {
        error_ = write(buffer_);
    }
    buffer_.clear();
    return error_;
}

}  // namespace keyferry::simulator
