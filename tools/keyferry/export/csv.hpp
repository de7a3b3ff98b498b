// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/repair/export.hpp"
#include "io/file/append_file.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace keyferry::cli {

/// Writes a header line and one line per job in the format of RFC 4180: lines end in CR LF, and
/// values with a comma, a quote or a line break are quoted. Values that a spreadsheet would
/// interpret as a formula (those starting with =, +, -, @, tab or carriage return) are prefixed
/// with '.
class JournalCsv final : public engine::JournalExportSink {
  public:
    /// The constructor does not write anything. The other functions throw std::runtime_error on
    /// write errors.
    explicit JournalCsv(std::FILE* stream) : stream_(stream) {}
    /// Like the other constructor, but for a file, which is not synced.
    explicit JournalCsv(io::AppendFile& file) : file_(&file) {}

    void begin() override;
    void record(const engine::JournalRecord& record) override;
    void job(const engine::JournalJobRow& row) override;
    /// Call after the last job.
    void finish();

  private:
    void write(std::string_view text);
    void write_out(std::string_view bytes);

    std::FILE* stream_ = nullptr;
    io::AppendFile* file_ = nullptr;
    std::string unwritten_;  ///< text that is not yet written to file_
    std::string line_;
};

/// Formats `text` as a CSV field.
[[nodiscard]] std::string csv_text(std::string_view text);

}  // namespace keyferry::cli
