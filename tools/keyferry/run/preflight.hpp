// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// What a preflight needs to know of the run that follows.
struct PreflightContext {
    PreflightContext() = default;
    std::string journal;                          ///< its path; open, its room reserved
    std::uint64_t jobs_left = 0;                  ///< that are not done
    std::vector<planner::SelectedKey> found;      ///< keys that have been described already
    std::optional<planner::Inventory> inventory;  ///< where KMS has been asked what exists
    std::string skip_keys_reason;  ///< why keys are not to be looked at, in words; empty if they are
    ProgressStyle style = ProgressStyle::none;
};

/// How long a preflight asks about keys, and of how many at most: at DescribeKey's default quota
/// these take about as long.
inline constexpr std::chrono::seconds kPreflightLookMax{30};
inline constexpr std::size_t kPreflightKeysMax = 50'000;

/// Looks at everything that a run of `plan` depends on, and shows it on standard error, on one
/// screen or as a JSON line: who signs, whether every Region answers, the primaries' states, what
/// is to be said of the policies, this machine's clock, the disk. exit_done, or the command's exit
/// code where no call could succeed or somebody has interrupted, which has been told. All else is
/// shown and does not stop the run: it does what can be done and parks the rest.
///
/// Runs `io`, which can be run again afterwards.
[[nodiscard]] int preflight(const planner::Plan& plan,
                            PreflightContext context,
                            KmsAccess& kms,
                            boost::asio::io_context& io,
                            io::Clock& clock);

}  // namespace keyferry::cli
