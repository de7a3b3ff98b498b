// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/survey/survey.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/review/inventory.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace keyferry::cli {

/// What a survey has found, or how the command ends.
struct SurveyEnd {
    std::optional<planner::Inventory> inventory;
    int exit_code = 0;  ///< only without an inventory; the reason has been told on standard error
};

/// Asks KMS what exists of `plan`, with progress on standard error; not about the primaries of
/// `found`, which have been described while they were looked for. The first SIGINT ends it. Runs
/// `io`, which can be run again afterwards. `counts_keys`: also all keys that accounts have where
/// replicas go; where that fails it is told, and the survey goes on.
[[nodiscard]] SurveyEnd survey_kms(
    const planner::Plan& plan,
    const std::vector<planner::SelectedKey>& found,
    KmsAccess& kms,
    boost::asio::io_context& io,
    io::Clock& clock,
    ProgressStyle style,
    engine::ReadContents contents = engine::ReadContents::of_keys_to_replicate,
    bool counts_keys = false);

}  // namespace keyferry::cli
