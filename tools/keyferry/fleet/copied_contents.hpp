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

/// Reads what `plan` copies of its primaries, of all of its keys, and makes it part of the plan:
/// exit_done, and what was seen of the plan, its contents apart, in `inventory`. Else the command's
/// exit code, the reason having been told; nothing was sent that changes anything. One key of which
/// it cannot be read is enough for that: the plan would be another the next time. `found`: what is
/// known of primaries already. Runs `io`, which can be run again afterwards.
[[nodiscard]] int read_copied_contents(planner::Plan& plan,
                                       const std::vector<planner::SelectedKey>& found,
                                       KmsAccess& kms,
                                       boost::asio::io_context& io,
                                       io::Clock& clock,
                                       ProgressStyle style,
                                       std::optional<planner::Inventory>& inventory);

/// Whether the primaries still have what `plan`, from the file at `path`, copies of them; `now` is
/// what they have. If not, the keys and what of them has changed have been told.
[[nodiscard]] bool check_copied_contents(const std::string& path,
                                         const planner::Plan& plan,
                                         const planner::KeyContents& now);

}  // namespace keyferry::cli
