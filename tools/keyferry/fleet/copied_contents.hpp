// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "planner/fleet/selected_keys.hpp"
#include "planner/plan/plan.hpp"
#include "planner/review/inventory.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// Reads the policies, descriptions and tags that `plan` copies from its primaries and adds them to
/// the plan. Returns exit_done, with the rest of the survey in `inventory`, or the command's exit
/// code after logging the reason. All calls are read-only. Fails if any key cannot be read, except
/// keys of refused accounts (KmsAccess::refused_accounts), since the next run could otherwise have
/// a different plan. `found` contains the primaries that have already been described. Runs `io`,
/// which can be run again afterwards.
[[nodiscard]] int read_copied_contents(planner::Plan& plan,
                                       const std::vector<planner::SelectedKey>& found,
                                       KmsAccess& kms,
                                       boost::asio::io_context& io,
                                       io::Clock& clock,
                                       ProgressStyle style,
                                       std::optional<planner::Inventory>& inventory);

/// Whether the values that `plan`, from the file at `path`, copies from its primaries are still
/// current. `now` contains the current values of the primaries. Logs the changed keys and
/// properties.
[[nodiscard]] bool check_copied_contents(const std::string& path,
                                         const planner::Plan& plan,
                                         const planner::KeyContents& now);

}  // namespace keyferry::cli
