// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/report/report_document.hpp"
#include "planner/summary/permissions.hpp"

#include <cstddef>
#include <vector>

namespace keyferry::planner {

/// The IAM policies of each account as code to copy, and its service control policies as a list to
/// tick off. Of more accounts than `accounts_max` the first ones are shown, and the rest counted.
[[nodiscard]] ReportSection permissions_section(const std::vector<AccountPermissions>& accounts,
                                                std::size_t accounts_max);

}  // namespace keyferry::planner
