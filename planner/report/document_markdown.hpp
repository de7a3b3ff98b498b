// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"

#include <string>

namespace keyferry::planner {

/// A report in Markdown with GitHub's tables, for a pull request or a ticket. What came from
/// outside is escaped: it makes no link, no picture, no HTML and no column of its own. Ends with a
/// line feed.
[[nodiscard]] std::string document_markdown(const ReportDocument& document);

}  // namespace keyferry::planner
