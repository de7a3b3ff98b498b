#pragma once

#include "planner/summary/coverage.hpp"
#include "planner/report/report_document.hpp"

namespace keyferry {

/// The coverage matrix as a table of words: "create", "primary", or "12,000 create, 3 exists" where
/// a row stands for many keys, "-" where nothing is wanted.
ReportSection coverage_section(const Coverage& coverage);

}  // namespace keyferry
