// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/plan/plan.hpp"
#include "tools/keyferry/fleet/fleet_pipeline.hpp"

#include <string>

namespace keyferry::cli {

/// Surveys KMS and adds the policies, descriptions and tags that the plan of `fleet` copies from
/// its primaries to the plan, and the rest of the survey to `fleet.inventory`. Throws CommandError
/// if any key cannot be read, since the next run could otherwise have a different plan; the keys of
/// refused accounts (KmsAccess::refused_accounts) are an exception.
void read_copied_contents(Fleet& fleet, KmsSession& session);

/// Checks that the values that `plan`, from the file at `path`, copies from its primaries are still
/// current. `now` contains the current values of the primaries. Throws CommandError with
/// exit_changes, which names the changed keys and properties.
void check_copied_contents(const std::string& path,
                           const planner::Plan& plan,
                           const planner::KeyContents& now);

}  // namespace keyferry::cli
