// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"

#include <string>

namespace keyferry::planner {

/// A report for a terminal: at most 96 columns but for code and cells, tables that are wider in
/// several parts. Ends with a line feed.
[[nodiscard]] std::string document_text(const ReportDocument& document);

}  // namespace keyferry::planner
