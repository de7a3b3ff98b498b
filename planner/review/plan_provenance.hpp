// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_id.hpp"

#include <map>
#include <string>

namespace keyferry::planner {

/// When, by whom and from what a plan was created. Reports and saved plans contain it, so that the
/// person who approves a plan can name what was approved.
struct PlanProvenance {
    std::string made;  ///< time in UTC: "2026-11-24T18:00:00.000Z"
    std::string tool;  ///< name and version of the program: "keyferry 0.1.0"
    /// ARNs of the callers, as STS returned them. Accounts whose caller is not known are missing;
    /// the map is empty for a plan that was created offline.
    std::map<io::AccountId, std::string> callers;
    std::string spec;         ///< path as given on the command line
    std::string spec_sha256;  ///< sha256 of the spec's plan before filtering
    /// For a part of a plan: the filter options (filter_text()). Empty for a whole plan.
    std::string filter;
    /// For a part of a plan: the sha256 of the whole plan, as it was when the filters were applied.
    /// --key, --group and --shard are applied before primaries are located and values are copied.
    /// Empty if the filters were applied before the group's keys were searched for in KMS.
    std::string whole_sha256;
};

}  // namespace keyferry::planner
