// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/summary/coverage.hpp"

namespace keyferry::planner {

/// The coverage matrix as a table of words: "create", "primary", or "12,000 create, 3 exists" where
/// a row stands for many keys, "-" where nothing is wanted.
[[nodiscard]] ReportSection coverage_section(const Coverage& coverage);

}  // namespace keyferry::planner
