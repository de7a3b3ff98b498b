// SPDX-License-Identifier: Apache-2.0
#include "io/file/memory_append_file.hpp"

#include "io/file/system_error.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

namespace keyferry::io {

MemoryAppendFile::MemoryAppendFile(std::string content)
    : content_(std::move(content)), durable_(content_), changed_from_(content_.size()) {}

void MemoryAppendFile::fail_nth(std::uint64_t nth, int error_number, Lasting lasting) {
    assert(nth > 0 && error_number != 0);
    failure_.armed = true;
    failure_.any_kind = true;
    failure_.operations_before = nth - 1;
    failure_.error_number = error_number;
    failure_.lasting = lasting;
}

void MemoryAppendFile::fail_nth(FileOperation kind,
                                std::uint64_t nth,
                                int error_number,
                                Lasting lasting) {
    fail_nth(nth, error_number, lasting);
    failure_.any_kind = false;
    failure_.kind = kind;
}

void MemoryAppendFile::stop_failing() noexcept {
    failure_.armed = false;
}

void MemoryAppendFile::crash(std::size_t unsynced_bytes_kept) {
    if (unsynced_bytes_kept > 0 && content_.size() > changed_from_) {
        const std::size_t kept = std::min(unsynced_bytes_kept, content_.size() - changed_from_);
        const std::size_t end = changed_from_ + kept;
        std::string survived = content_.substr(0, end);
        if (durable_.size() > end) {
            survived += durable_.substr(end);  // a partially completed overwrite
        }
        content_ = std::move(survived);
        durable_ = content_;
    } else {
        content_ = durable_;
    }
    changed_from_ = content_.size();
}

std::uint64_t MemoryAppendFile::count(FileOperation kind) const noexcept {
    return counts_[static_cast<std::size_t>(kind)];
}

std::error_code MemoryAppendFile::begin(FileOperation kind) {
    ++counts_[static_cast<std::size_t>(kind)];
    ++operations_;
    if (!failure_.armed || (!failure_.any_kind && failure_.kind != kind)) {
        return {};
    }
    if (failure_.operations_before > 0) {
        --failure_.operations_before;
        return {};
    }
    failure_.armed = failure_.lasting == Lasting::permanent;
    return system_error(failure_.error_number);
}

std::error_code MemoryAppendFile::append(std::string_view bytes) {
    if (const std::error_code error = begin(FileOperation::append)) {
        content_ += bytes.substr(0, bytes.size() / 2);
        return error;
    }
    const std::uint64_t room = bytes_max_ - std::min<std::uint64_t>(bytes_max_, content_.size());
    if (bytes.size() > room) {
        content_ += bytes.substr(0, static_cast<std::size_t>(room));
        return system_error(ENOSPC);
    }
    content_ += bytes;
    return {};
}

std::error_code MemoryAppendFile::sync() {
    if (while_syncing_) {
        const std::function<void()> action = while_syncing_;  // a copy, because the action may
                                                              // replace itself
        action();
    }
    if (const std::error_code error = begin(FileOperation::sync)) {
        return error;
    }
    durable_.resize(std::min(durable_.size(), changed_from_));
    durable_.append(content_, changed_from_);
    changed_from_ = content_.size();
    return {};
}

std::error_code MemoryAppendFile::read(std::uint64_t offset,
                                       std::span<char> into,
                                       std::size_t& got) {
    got = 0;
    if (const std::error_code error = begin(FileOperation::read)) {
        return error;
    }
    if (offset < content_.size()) {
        got = content_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
    }
    return {};
}

std::error_code MemoryAppendFile::truncate(std::uint64_t size) {
    if (const std::error_code error = begin(FileOperation::truncate)) {
        return error;
    }
    if (size > content_.size()) {
        return system_error(EINVAL);
    }
    content_.resize(static_cast<std::size_t>(size));
    changed_from_ = std::min(changed_from_, content_.size());
    return {};
}

std::error_code MemoryAppendFile::rewrite(std::uint64_t offset, std::string_view bytes) {
    if (const std::error_code error = begin(FileOperation::rewrite)) {
        return error;
    }
    if (offset > content_.size() || bytes.size() > content_.size() - offset) {
        return system_error(EINVAL);
    }
    const std::size_t start = static_cast<std::size_t>(offset);
    content_.replace(start, bytes.size(), bytes);
    changed_from_ = std::min(changed_from_, start);
    return {};
}

std::error_code MemoryAppendFile::reserve(std::uint64_t bytes) {
    if (const std::error_code error = begin(FileOperation::reserve)) {
        return error;
    }
    std::uint64_t free_bytes = 0;
    static_cast<void>(free_space(free_bytes));
    return bytes > free_bytes ? system_error(ENOSPC) : std::error_code();
}

std::error_code MemoryAppendFile::free_space(std::uint64_t& bytes) {
    bytes = bytes_max_ - std::min<std::uint64_t>(bytes_max_, content_.size());
    return {};
}

std::error_code MemoryAppendFile::size(std::uint64_t& size) {
    if (const std::error_code error = begin(FileOperation::size)) {
        return error;
    }
    size = content_.size();
    return {};
}

}  // namespace keyferry::io
