// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/saved/saved_plan.hpp"
#include "planner/spec/load_fleet.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace keyferry::planner {

/// The result of comparing a saved plan with its spec.
struct SpecMatch {
    /// Whether the plan states that it was made from this version of the spec. The statement proves
    /// nothing: only `differences` tells whether it is true.
    bool is_current = false;
    /// What the plan has and the spec does not make, or the reverse; one sentence each, without a
    /// full stop. Empty for the plan of the spec or of a part of it.
    std::vector<std::string> differences;
    bool settings_changed = false;   ///< [limits], [retry] or [wait] were replaced
    std::uint64_t jobs_of_spec = 0;  ///< with the selected keys that are in the plan
};

/// Compares a saved plan with `load`, the result of loading its spec without errors: jobs, groups,
/// parameters, selections, prices and accounts. A filtered plan must be a subset with the same
/// values. The [limits], [retry] and [wait] of the spec replace those of the plan, because they may
/// be changed after a plan was made.
[[nodiscard]] SpecMatch match_with_spec(SavedPlan& saved, FleetLoad load);

/// Names the values of the plan that come from KMS, so that a comparison with the spec cannot check
/// them: the states of replicas, selected keys and copied values. One sentence each, without a full
/// stop.
[[nodiscard]] std::vector<std::string> values_from_kms(const SavedPlan& saved);

}  // namespace keyferry::planner
