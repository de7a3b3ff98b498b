// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/finding.hpp"
#include "planner/text/text_table.hpp"

#include <algorithm>
#include <cstddef>
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
    /// Where to find the omitted rows, if the JSON report does not have all of them, or the option
    /// that adds them to the text report.
    std::string rest_listed_by = {};
};

/// Adds the rows row(0) to row(count - 1), up to `rows_max`, and counts the rest.
template <typename Row>
void add_first_rows(ReportTable& table, std::size_t count, std::size_t rows_max, Row row) {
    for (std::size_t i = 0; i < std::min(count, rows_max); ++i) {
        table.rows.push_back(row(i));
    }
    table.rows_left_out = count - table.rows.size();
}

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

/// A fact about the report as a whole, such as the time at which the plan was created.
struct ReportFact {
    std::string name;   ///< at most kFactNameColumns characters
    std::string value;  ///< one line
};
inline constexpr std::size_t kFactNameColumns = 11;

struct ReportDocument {
    std::string title;
    std::vector<std::string> headline;  ///< lines below the title
    std::vector<ReportFact> facts;
    std::vector<ReportSection> sections;
};

}  // namespace keyferry::planner
