// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace keyferry::io {

/// The interface of append-only files. It allows tests to run the journal on a simulated disk that
/// loses, truncates or rejects writes. The in-memory implementation can simulate a crash after any
/// byte.
///
/// Errors are returned as errno values (system category). After a failed append or sync, the state
/// of the end of the file is unknown, so the caller must stop using the file (see "fsyncgate").
class AppendFile {
  public:
    AppendFile() = default;
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;
    virtual ~AppendFile() = default;

    /// Appends all of `bytes`, continuing after short writes, or fails.
    virtual std::error_code append(std::string_view bytes) = 0;

    /// Makes all appended data durable (fdatasync). Called once per batch, never retried.
    virtual std::error_code sync() = 0;

    /// Reads up to `into.size()` bytes at `offset` into `into`. Sets `got` to the number of bytes
    /// read, which is 0 at the end of the file.
    virtual std::error_code read(std::uint64_t offset, std::span<char> into, std::size_t& got) = 0;

    /// Truncates the file to `size` bytes, which must not exceed its current size.
    virtual std::error_code truncate(std::uint64_t size) = 0;

    /// Overwrites the bytes at `offset`; the range must lie within the file. Used only to write
    /// back bytes that were just read from a file that was not closed cleanly. This marks their
    /// pages as modified, so that the next sync writes them to disk.
    virtual std::error_code rewrite(std::uint64_t offset, std::string_view bytes) = 0;

    /// Reserves space for `bytes` more bytes after the current end, without changing the size.
    /// Space that is already reserved counts toward `bytes` and stays reserved even if the rest is
    /// not available. Returns ENOSPC if the disk is full, and EFBIG if the file would exceed a size
    /// limit. If the file system does not support reservations, does nothing and succeeds.
    virtual std::error_code reserve(std::uint64_t bytes) = 0;

    /// Sets `bytes` to the space available to this user on the file system.
    virtual std::error_code free_space(std::uint64_t& bytes) = 0;

    /// Sets `size` to the file size in bytes.
    virtual std::error_code size(std::uint64_t& size) = 0;
};

}  // namespace keyferry::io
