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

/// What a run makes, and the KMS that it is made in.
struct RunPlan {
    planner::Plan plan;
    std::unique_ptr<KmsAccess> kms;
    std::vector<planner::SelectedKey> found;  ///< what is known of the keys that were looked for
    std::optional<planner::Inventory>
        inventory;                   ///< where KMS was asked what exists, to copy of it
    bool lacks_denied_keys = false;  ///< which a group may select, and which nobody may see
};

/// Finds credentials. Nothing, told, when that failed; `exit_code` is then the command's.
[[nodiscard]] std::unique_ptr<KmsAccess> open_kms_for(const FleetOptions& options,
                                                      const FleetScope& scope,
                                                      boost::asio::io_context& io,
                                                      io::Clock& clock,
                                                      int& exit_code);

/// Of a fleet spec all that it names, and all that its groups select, which KMS is asked for;
/// filtered. Its `kms` is there only where that was asked already. Nothing, told, when there is no
/// such plan; `exit_code` is then the command's. Runs `io`, which can be run again afterwards.
[[nodiscard]] std::optional<RunPlan> plan_fleet(const FleetOptions& options,
                                                boost::asio::io_context& io,
                                                io::Clock& clock,
                                                int& exit_code);

/// From the options of a run to what it makes. Of a fleet spec all that it names, and the keys that
/// its groups select, which KMS is asked for. Of a saved plan (`is_saved`) the replicas that it
/// says are to be created, if its spec still asks for them and its primaries can still be
/// replicated and still have what it copies of them; what has been made since is no reason to stop:
/// the run finds it to exist. Filtered, and within the limit of cost, and with what it copies of
/// its primaries. A simulated KMS has been filled with the plan's keys.
///
/// Nothing when there is nothing to run, which has been told; `exit_code` is then the command's.
/// Runs `io`, which can be run again afterwards.
[[nodiscard]] std::optional<RunPlan> prepare_run(const RunOptions& options,
                                                 bool is_saved,
                                                 boost::asio::io_context& io,
                                                 io::Clock& clock,
                                                 int& exit_code);

}  // namespace keyferry::cli
