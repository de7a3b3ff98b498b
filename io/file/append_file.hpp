// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace keyferry::io {

/// The port to one file that only grows. It exists so that the journal can be tested against a disk
/// that loses, tears and refuses writes: the in-memory implementation can crash at any byte.
///
/// Errors come back as error codes with errno values (system category). After a failed append or
/// sync the file's end is unknown and the caller must not go on with it (fsyncgate).
class AppendFile {
  public:
    AppendFile() = default;
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;
    virtual ~AppendFile() = default;

    /// Writes all of `bytes` at the end, or fails; short writes are continued.
    virtual std::error_code append(std::string_view bytes) = 0;

    /// Makes everything appended durable (fdatasync). Called once for each batch, never retried.
    virtual std::error_code sync() = 0;

    /// Reads up to `into.size()` bytes from `offset` on into `into`; `got` is how many came, 0 at
    /// the end of the file.
    virtual std::error_code read(std::uint64_t offset, std::span<char> into, std::size_t& got) = 0;

    /// Cuts the file to `size` bytes (not more than it has).
    virtual std::error_code truncate(std::uint64_t size) = 0;

    /// Writes `bytes` over what stands at `offset` (all inside the file). Only for re-dirtying the
    /// pages of a file that was not closed cleanly, with the bytes that were just read from there.
    virtual std::error_code rewrite(std::uint64_t offset, std::string_view bytes) = 0;

    /// Reserves room for `bytes` more behind the present end without changing the size. ENOSPC
    /// where they are not there, EFBIG where the file may not grow so far; success where the file
    /// system cannot reserve.
    virtual std::error_code reserve(std::uint64_t bytes) = 0;

    /// The size in bytes, in `size`.
    virtual std::error_code size(std::uint64_t& size) = 0;
};

}  // namespace keyferry::io
