// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/service/ledger_file.hpp"

#include <utility>

namespace keyferry::simulator {

LedgerFile::~LedgerFile() {
    flush();
}

std::optional<io::OutputProblem> LedgerFile::open(const std::string& path,
                                                  const io::OutputRule& rule) {
    auto opened = io::OutputFile::open(path, rule);
    if (!opened) {
        return opened.error();
    }
    file_ = *std::move(opened);
    return file_->publish();
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
        error_ = file_->append(buffer_);
    }
    buffer_.clear();
    return error_;
}

}  // namespace keyferry::simulator
