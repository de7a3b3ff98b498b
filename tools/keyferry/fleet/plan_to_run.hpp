// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "planner/review/plan_review.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/options/run_options.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// The plan of a run and the KMS to use.
struct RunPlan {
    planner::Plan plan;
    std::unique_ptr<KmsAccess> kms;
    std::vector<planner::SelectedKey> found;      ///< the result of the key search
    std::optional<planner::Inventory> inventory;  ///< set if KMS has already been surveyed
    /// The review of a saved plan. Only the replicas that it creates may be created.
    std::optional<planner::PlanReview> saved_review;
    /// KMS's error if it would refuse every call. It has been logged; the run only records it.
    std::string refusal;
    /// Access was denied to keys that a group may select, or to their whole account.
    bool lacks_denied_keys = false;
};

/// Finds credentials. Returns null after logging the error and setting `exit_code`.
[[nodiscard]] std::unique_ptr<KmsAccess> open_kms_for(const FleetOptions& options,
                                                      const FleetScope& scope,
                                                      boost::asio::io_context& io,
                                                      io::Clock& clock,
                                                      int& exit_code);

/// Returns the filtered plan of a fleet spec, including the keys that its groups select. If the
/// spec has such groups, searches KMS for the keys. Plans moved primaries in their current Regions.
/// Sets `kms` except for a rehearsal. `outage_wait` is how long to wait for the primaries of listed
/// keys. Returns nullopt after logging the error and setting `exit_code`. Runs `io`, which can be
/// run again afterwards.
[[nodiscard]] std::optional<RunPlan> plan_fleet(const FleetOptions& options,
                                                boost::asio::io_context& io,
                                                io::Clock& clock,
                                                OutageWait outage_wait,
                                                int& exit_code);

/// Prepares the plan of a run. For a fleet spec, this is the result of plan_fleet(). For a saved
/// plan (`is_saved`), the result is the whole saved plan with its review, so that its SHA-256 is
/// the one that was approved. The following are errors:
/// - The spec no longer produces the same plan.
/// - A primary whose replicas are to be created can no longer be replicated.
/// - Such a primary no longer has the values that the plan copies.
///
/// Replicas that were created after the plan was saved are not an error; the run counts them as
/// existed. The resulting plan is filtered and contains the values to copy from the primaries. A
/// simulated KMS is filled with the plan's keys.
///
/// Returns nullopt after logging the error and setting `exit_code`. Runs `io`, which can be run
/// again afterwards.
[[nodiscard]] std::optional<RunPlan> prepare_run(const RunOptions& options,
                                                 bool is_saved,
                                                 boost::asio::io_context& io,
                                                 io::Clock& clock,
                                                 int& exit_code);

}  // namespace keyferry::cli
