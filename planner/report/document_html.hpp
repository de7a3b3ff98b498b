// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"

#include <string>

namespace keyferry::planner {

/// Returns a section as HTML, including its heading. `picture` is HTML to insert between the
/// heading and the blocks; may be empty.
[[nodiscard]] std::string section_html(const ReportSection& section, const std::string& picture);

/// Returns the document's facts as a description list.
[[nodiscard]] std::string facts_html(const ReportDocument& document);

/// Returns a table of contents with links to all sections.
[[nodiscard]] std::string contents_html(const ReportDocument& document);

}  // namespace keyferry::planner
