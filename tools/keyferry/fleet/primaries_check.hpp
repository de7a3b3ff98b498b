// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/keyferry/fleet/fleet_pipeline.hpp"

#include <string>

namespace keyferry::cli {

/// Checks that the primaries whose replicas the saved plan at `path` creates
/// (`fleet.saved_review`) can still be replicated and still have the values that the plan copies.
/// Changes to tags and policies that the plan does not copy are accepted. Changes to replicas are
/// also accepted, since a run detects existing replicas and reports conflicts. Returns the survey.
/// Throws CommandError.
[[nodiscard]] planner::Inventory check_primaries(const std::string& path,
                                                 const Fleet& fleet,
                                                 KmsSession& session);

}  // namespace keyferry::cli
