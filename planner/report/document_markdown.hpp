// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"

#include <string>

namespace keyferry::planner {

/// Returns a report in GitHub-flavored Markdown, for a pull request or a ticket. Texts are escaped,
/// so that untrusted input cannot create links, images, HTML or table columns. Ends with a line
/// feed.
[[nodiscard]] std::string document_markdown(const ReportDocument& document);

}  // namespace keyferry::planner
