// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/options/run_options.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace keyferry::cli {

/// The plan of a run and the KMS to use.
struct RunPlan {
    planner::Plan plan;
    std::unique_ptr<KmsAccess> kms;
    std::vector<planner::SelectedKey> found;      ///< what the key search has found
    std::optional<planner::Inventory> inventory;  ///< if KMS was surveyed for values to copy
    bool lacks_denied_keys = false;  ///< access was denied to keys that a group may select
};

/// Finds credentials. Returns null after logging the error and setting `exit_code`.
[[nodiscard]] std::unique_ptr<KmsAccess> open_kms_for(const FleetOptions& options,
                                                      const FleetScope& scope,
                                                      boost::asio::io_context& io,
                                                      io::Clock& clock,
                                                      int& exit_code);

/// The filtered plan of a fleet spec, with the keys that its groups select, which are searched in
/// KMS. `kms` is set only if a search was necessary. Returns nullopt after logging the error and
/// setting `exit_code`. Runs `io`, which can be run again afterwards.
[[nodiscard]] std::optional<RunPlan> plan_fleet(const FleetOptions& options,
                                                boost::asio::io_context& io,
                                                io::Clock& clock,
                                                int& exit_code);

/// Prepares the plan of a run. For a fleet spec: plan_fleet(). For a saved plan (`is_saved`): the
/// replicas that it says are to be created, if its spec still gives the same plan and its primaries
/// can still be replicated and have the values that it copies. Replicas created since then do not
/// stop the run, which counts them as existed. The plan is filtered, within --max-cost, and has the
/// values that it copies from the primaries. A simulated KMS has the plan's keys.
///
/// Returns nullopt if there is nothing to run, after logging the reason and setting `exit_code`.
/// Runs `io`, which can be run again afterwards.
[[nodiscard]] std::optional<RunPlan> prepare_run(const RunOptions& options,
                                                 bool is_saved,
                                                 boost::asio::io_context& io,
                                                 io::Clock& clock,
                                                 int& exit_code);

}  // namespace keyferry::cli
