// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"

#include <string>

namespace keyferry::planner {

/// A section as HTML, heading included. `picture` is HTML that stands between the heading and the
/// blocks; empty for none.
[[nodiscard]] std::string section_html(const ReportSection& section, const std::string& picture);

/// Links to all sections.
[[nodiscard]] std::string contents_html(const ReportDocument& document);

}  // namespace keyferry::planner
