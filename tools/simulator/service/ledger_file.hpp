// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/service/ledger.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

namespace keyferry::simulator {

/// The ledger as a JSON Lines file that can be read while the simulator runs. Complete lines are
/// buffered and written together. Call flush() frequently. The file is not synced to disk: it is
/// only a record of a simulation.
class LedgerFile {
  public:
    LedgerFile() = default;
    ~LedgerFile();
    LedgerFile(const LedgerFile&) = delete;
    LedgerFile& operator=(const LedgerFile&) = delete;

    /// Creates the file (mode 0600) or truncates it.
    std::error_code open(const std::filesystem::path& path);

    /// Buffers an entry as one line; writes when kBufferBytes are buffered. Errors are stored and
    /// returned by flush().
    void add(const LedgerEntry& entry);

    /// Writes the buffered lines. After an error, nothing more is written.
    std::error_code flush();

  private:
    static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;

    int descriptor_ = -1;
    std::string buffer_;
    std::error_code error_;
};

}  // namespace keyferry::simulator
