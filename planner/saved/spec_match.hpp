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
    /// Whether the spec's SHA-256 differs from the one that the plan records for its spec.
    bool spec_changed = false;
    /// Whether the plan may be what this version of the spec produces; only `differences` shows
    /// whether it is. If the spec has changed, only a part of a plan that selects no keys can still
    /// be current.
    bool is_current = false;
    /// How the plan differs from the plan that the spec produces; one sentence each, without a
    /// period. Empty if it is that plan, or a part of it if the plan claims to be a part.
    std::vector<std::string> differences;
    bool settings_changed = false;   ///< [limits], [retry] or [wait] were replaced
    std::uint64_t jobs_of_spec = 0;  ///< for selections, counts the keys in the plan
};

/// Compares a saved plan with `load`, the result of loading its spec without errors: jobs, groups,
/// parameters, selections, prices and accounts. A filtered plan must be a subset with the same
/// values; a plan without a filter must be the whole plan, except for keys that groups select. The
/// [limits], [retry] and [wait] of the spec replace those of the plan, because they may change
/// after the plan is created.
[[nodiscard]] SpecMatch match_with_spec(SavedPlan& saved, FleetLoad load);

/// Describes the values that a comparison with the spec cannot verify, because they come from KMS:
/// the states of replicas, selected keys and copied values. One phrase each.
[[nodiscard]] std::vector<std::string> values_from_kms(const SavedPlan& saved);

}  // namespace keyferry::planner
