// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/repair/export.hpp"
#include "io/file/append_file.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace keyferry::cli {

/// Writes one line a job, after RFC 4180: a line of names first, lines end in CR LF, a
/// text with a comma, a quote or a line end stands in quotes. A text that a spreadsheet would take
/// for a formula (it begins with =, +, -, @, a tab or a carriage return) gets a ' in front.
class JournalCsv final : public engine::JournalExportSink {
  public:
    // Writes nothing yet. All that follows throws std::runtime_error when it cannot be written.
    explicit JournalCsv(std::FILE* stream) : stream_(stream) {}
    /// Nothing is synced.
    explicit JournalCsv(io::AppendFile& file) : file_(&file) {}

    void begin() override;
    void record(const engine::JournalRecord& record) override;
    void job(const engine::JournalJobRow& row) override;
    /// After the last job.
    void finish();

  private:
    void write(std::string_view text);
    void write_out(std::string_view bytes);

    std::FILE* stream_ = nullptr;
    io::AppendFile* file_ = nullptr;
    std::string unwritten_;  ///< for file_
    std::string line_;
};

/// `text` as it stands between two commas.
[[nodiscard]] std::string csv_text(std::string_view text);

}  // namespace keyferry::cli
