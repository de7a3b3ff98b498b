// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/output_file.hpp"
#include "tools/simulator/service/ledger.hpp"

#include <cstddef>
#include <memory>
#include <optional>
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

    /// Creates the file at `path`, or opens it if it is a stream such as a pipe.
    [[nodiscard]] std::optional<io::OutputProblem> open(const std::string& path,
                                                        const io::OutputRule& rule);

    /// Buffers an entry as one line; writes when kBufferBytes are buffered. Errors are stored and
    /// returned by flush().
    void add(const LedgerEntry& entry);

    /// Writes the buffered lines. After an error, nothing more is written.
    std::error_code flush();

  private:
    static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;

    std::unique_ptr<io::OutputFile> file_;
    std::string buffer_;
    std::error_code error_;
};

}  // namespace keyferry::simulator
