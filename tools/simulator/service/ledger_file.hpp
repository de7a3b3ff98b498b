// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/service/ledger.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

namespace keyferry::simulator {

/// The ledger as a file of JSON Lines that can be read while the simulator runs. Lines are gathered
/// and written whole, so a reader never sees half a line that is not still being written, and
/// whoever owns this calls flush() often. Not synced to disk: it is a record of a rehearsal.
class LedgerFile {
  public:
    LedgerFile() = default;
    ~LedgerFile();
    LedgerFile(const LedgerFile&) = delete;
    LedgerFile& operator=(const LedgerFile&) = delete;

    /// Makes the file (mode 0600) or empties it.
    std::error_code open(const std::filesystem::path& path);

    /// Takes an entry as one line; writes when kBufferBytes have gathered. An error stays and is
    /// what flush() says.
    void add(const LedgerEntry& entry);

    /// Writes what has gathered. After an error nothing is written any more.
    std::error_code flush();

  private:
    static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;

    int descriptor_ = -1;
    std::string gathered_;
    std::error_code error_;
};

}  // namespace keyferry::simulator
