// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"

#include <string>
#include <string_view>

namespace keyferry::planner {

/// Returns the start of a self-contained page: the head, and the body up to its first element.
[[nodiscard]] std::string page_head_html(std::string_view title);

/// Returns a section as HTML, including its heading. `picture` is HTML to insert between the
/// heading and the blocks; may be empty.
[[nodiscard]] std::string section_html(const ReportSection& section, const std::string& picture);

/// Returns the document's facts as a description list.
[[nodiscard]] std::string facts_html(const ReportDocument& document);

/// Returns a table of contents with links to all sections.
[[nodiscard]] std::string contents_html(const ReportDocument& document);

/// Returns a report without charts as a self-contained page. `title` names the kind of report and
/// its subject.
[[nodiscard]] std::string document_html(const ReportDocument& document, std::string_view title);

}  // namespace keyferry::planner
