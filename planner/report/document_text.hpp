// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"

#include <string>

namespace keyferry::planner {

/// Returns a report as plain text for a terminal. Lines have at most 96 columns, except for code
/// and long cells; wider tables are split into several parts. Ends with a line feed.
[[nodiscard]] std::string document_text(const ReportDocument& document);

}  // namespace keyferry::planner
