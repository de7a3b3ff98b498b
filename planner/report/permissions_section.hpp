// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/summary/permissions.hpp"

#include <cstddef>
#include <vector>

namespace keyferry::planner {

/// Returns the IAM policies of each account as code, and the checks of its service control policies
/// as a checklist. The section contains at most `accounts_max` accounts and the number of omitted
/// accounts.
[[nodiscard]] ReportSection permissions_section(const std::vector<AccountPermissions>& accounts,
                                                std::size_t accounts_max);

}  // namespace keyferry::planner
