// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/finding.hpp"
#include "planner/text/text_table.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace keyferry::planner {

// The content of a report, independent of its format (text, Markdown or HTML). Texts are not
// escaped here and may come from the spec; each writer escapes them for its format.

/// A paragraph.
struct ReportProse {
    std::string text;
};

struct ReportTable {
    std::string caption;  ///< accessible caption, which states what a row represents
    std::vector<TextTable::Column> columns;
    std::vector<std::vector<std::string>> rows;
    std::uint64_t rows_left_out = 0;  ///< omitted; the JSON report has all rows
    /// Names the command that lists the omitted rows, if the JSON report does not: "... lists
    /// them".
    std::string rest_listed_by = {};
};

/// Preformatted text to copy. Collapsed under its title in formats that support it.
struct ReportCode {
    std::string title;
    std::string language;  ///< letters only: "json"
    std::string text;
};

/// A list of manual checks.
struct ReportChecklist {
    std::string title;
    std::vector<std::string> items;
};

using ReportBlock = std::variant<ReportProse, ReportTable, ReportCode, ReportChecklist, Finding>;

struct ReportSection {
    std::string id;  ///< letters, digits and '-'
    std::string title;
    std::vector<ReportBlock> blocks;
};

struct ReportDocument {
    std::string title;
    std::vector<std::string> headline;  ///< lines
    std::vector<ReportSection> sections;
};

}  // namespace keyferry::planner
