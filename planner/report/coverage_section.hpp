// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/summary/coverage.hpp"

namespace keyferry::planner {

/// Returns the coverage matrix as a table. A cell is "create", "primary" and so on, or a list such
/// as "12,000 create, 3 exists" if a row represents several keys, or "-" if it is empty.
[[nodiscard]] ReportSection coverage_section(const Coverage& coverage);

}  // namespace keyferry::planner
