// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/repair/export.hpp"
#include "engine/report/unfinished_jobs.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace keyferry::cli {

/// Writes a header line and one line per job in the format of RFC 4180: lines end in CR LF, and
/// values with a comma, a quote or a line break are quoted. Values that a spreadsheet would
/// interpret as a formula (those starting with =, +, -, @, tab or carriage return) are prefixed
/// with '.
class JournalCsv final : public engine::JournalExportSink {
  public:
    using Append = std::function<std::error_code(std::string_view bytes)>;
    /// The constructor does not write anything. The other functions throw std::runtime_error on
    /// write errors.
    explicit JournalCsv(Append append) : append_(std::move(append)) {}

    void begin() override;
    void record(const engine::JournalRecord& record) override;
    void job(const engine::JournalJobRow& row) override;
    /// Call after the last job.
    void finish();

  private:
    void write(std::string_view text);
    void write_out();

    Append append_;
    std::string unwritten_;
    std::string line_;
};

/// The jobs as CSV in the same form, with the columns job, primary, region, outcome, code, message,
/// request_id, attempts, last_record, action and advice.
[[nodiscard]] std::string unfinished_jobs_csv(const engine::UnfinishedJobs& unfinished);

/// Formats `text` as a CSV field.
[[nodiscard]] std::string csv_text(std::string_view text);

}  // namespace keyferry::cli
