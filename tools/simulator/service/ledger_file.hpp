// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/descriptor.hpp"
#include "io/file/new_file.hpp"
#include "tools/simulator/service/ledger.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::simulator {

/// Writes the ledger to a JSON Lines file that can be read while the simulator runs. Complete lines
/// are buffered and written together, so call flush() frequently. The file is not synced to disk,
/// because it is only a record of a simulation.
class LedgerFile {
  public:
    LedgerFile() = default;
    ~LedgerFile();
    LedgerFile(const LedgerFile&) = delete;
    LedgerFile& operator=(const LedgerFile&) = delete;

    /// Opens a new file, which replaces a regular file at `path` (mode 0600), or the stream at
    /// `path`, such as /dev/stdout or a FIFO. Returns std::errc::is_a_directory for a folder and
    /// std::errc::operation_not_supported for a block device or a socket.
    std::error_code open(const std::string& path);

    /// Buffers an entry as one line; writes when kBufferBytes are buffered. Errors are stored and
    /// returned by flush().
    void add(const LedgerEntry& entry);

    /// Writes the buffered lines. After an error, nothing more is written.
    std::error_code flush();

  private:
    static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;

    std::error_code write(std::string_view bytes);

    std::unique_ptr<io::NewFile> file_;
    io::Descriptor stream_;  ///< used instead of a file
    std::string buffer_;
    std::error_code error_;
};

}  // namespace keyferry::simulator
