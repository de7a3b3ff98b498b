// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace keyferry::io {

/// The interface of append-only files. It lets tests run the journal against a disk that loses,
/// truncates and rejects writes: the in-memory implementation can simulate a crash after any byte.
///
/// Errors are returned as errno values (system category). After a failed append or sync, the state
/// of the end of the file is unknown, and the caller must not continue to use the file (the problem
/// known as fsyncgate).
class AppendFile {
  public:
    AppendFile() = default;
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;
    virtual ~AppendFile() = default;

    /// Appends all of `bytes` or fails. Continues after short writes.
    virtual std::error_code append(std::string_view bytes) = 0;

    /// Makes all appended data durable (fdatasync). Called once per batch, never retried.
    virtual std::error_code sync() = 0;

    /// Reads up to `into.size()` bytes at `offset` into `into`. Sets `got` to the number of bytes
    /// read, 0 at the end of the file.
    virtual std::error_code read(std::uint64_t offset, std::span<char> into, std::size_t& got) = 0;

    /// Truncates the file to `size` bytes, which must not exceed its current size.
    virtual std::error_code truncate(std::uint64_t size) = 0;

    /// Overwrites the bytes at `offset`; the range must lie within the file. Used only for a file
    /// that was not closed cleanly, with the bytes that were just read from it, to mark their pages
    /// as modified so that the next sync writes them to disk.
    virtual std::error_code rewrite(std::uint64_t offset, std::string_view bytes) = 0;

    /// Reserves space for `bytes` more bytes after the current end, without changing the size.
    /// Space that is already reserved counts towards `bytes`, and it is kept even if the rest is
    /// not available. Returns ENOSPC if the disk is full and EFBIG if the file would exceed a size
    /// limit. Succeeds if the file system does not support reservations.
    virtual std::error_code reserve(std::uint64_t bytes) = 0;

    /// Sets `bytes` to the space available to this user on the file system.
    virtual std::error_code free_space(std::uint64_t& bytes) = 0;

    /// Sets `size` to the file size in bytes.
    virtual std::error_code size(std::uint64_t& size) = 0;
};

}  // namespace keyferry::io
