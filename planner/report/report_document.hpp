// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/summary/finding.hpp"
#include "planner/text/text_table.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace keyferry::planner {

// What a report says, before it is text, Markdown or HTML: so that all of them say the same. Texts
// stand here as they came, from the spec too; whoever writes them out makes them harmless there.

/// A paragraph.
struct ReportProse {
    std::string text;
};

struct ReportTable {
    std::string caption;  ///< what a row is, for those who cannot see the table
    std::vector<TextTable::Column> columns;
    std::vector<std::vector<std::string>> rows;
    std::uint64_t rows_left_out = 0;  ///< that the JSON report has
};

/// Text to be copied, to be shown as it is. Folded up under its title where the form can do that.
struct ReportCode {
    std::string title;
    std::string language;  ///< of letters: "json"
    std::string text;
};

/// What somebody has to look at, and tick off.
struct ReportChecklist {
    std::string title;
    std::vector<std::string> items;
};

using ReportBlock = std::variant<ReportProse, ReportTable, ReportCode, ReportChecklist, Finding>;

struct ReportSection {
    std::string id;  ///< of letters, digits and '-'
    std::string title;
    std::vector<ReportBlock> blocks;
};

struct ReportDocument {
    std::string title;
    std::vector<std::string> headline;  ///< lines
    std::vector<ReportSection> sections;
};

}  // namespace keyferry::planner
