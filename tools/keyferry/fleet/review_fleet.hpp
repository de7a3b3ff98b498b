// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/plan_filter.hpp"
#include "planner/review/plan_provenance.hpp"
#include "planner/review/plan_review.hpp"
#include "tools/keyferry/options/fleet_options.hpp"
#include "tools/keyferry/options/plan_checks.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// The options of the commands that compare a fleet with KMS and report the result.
struct ReviewOptions : FleetOptions {
    bool accepts_saved_plan = false;  ///< FLEET may be a saved plan
    PlanChecks plan_checks;           ///< of a saved plan
    bool offline = false;             ///< make no calls; assume that no replica exists
    bool compares = false;            ///< compare the properties of existing replicas with the spec
    bool counts_keys = false;         ///< count all keys in the replica Regions
};

/// A fleet compared with KMS.
struct ReviewedFleet {
    /// The fleet's plan with the values to copy. Only the filters that PlanFilter::before_review()
    /// returns have been applied.
    planner::Plan plan;
    planner::PlanReview review;
    std::optional<planner::Inventory>
        inventory;  ///< without `contents`; nullopt: KMS was not asked
    planner::UncheckedKeys
        unchecked_keys;  ///< keys that groups may select and that are missing here
    std::vector<std::string> empty_groups;  ///< groups that select no keys, regardless of filters
    planner::PlanProvenance provenance;
};

/// Reads the spec of `options`, or a saved plan, searches KMS for the keys that its groups select,
/// and compares the plan with KMS. With `simulation.simulate`, groups get example keys, and KMS is
/// not queried. Sends only read-only calls. If a saved plan no longer matches its spec, or lacks
/// the keys that groups select, this is an error. Returns nullopt after logging the error and
/// setting `exit_code`.
[[nodiscard]] std::optional<ReviewedFleet> review_fleet(const ReviewOptions& options,
                                                        ProgressStyle style,
                                                        int& exit_code);

/// Applies the remaining filters of `options` to `fleet.plan` and `fleet.review`, but not to
/// `fleet.inventory`, and returns the indexes that the remaining jobs had before. Returns nullopt
/// after logging that a filter matches nothing.
[[nodiscard]] std::optional<std::vector<planner::JobIndex>> select_jobs(
    const FilterOptions& options, ReviewedFleet& fleet);

}  // namespace keyferry::cli
