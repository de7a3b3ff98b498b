// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/survey/survey.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/review/inventory.hpp"
#include "tools/keyferry/access/kms_access.hpp"
#include "tools/keyferry/fleet/call_session.hpp"
#include "tools/keyferry/terminal/progress_line.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

/// The result of a survey, or the exit code if the survey failed.
struct SurveyEnd {
    std::optional<planner::Inventory> inventory;
    int exit_code = 0;    ///< if `inventory` is empty; the reason has been logged
    std::string refusal;  ///< KMS's error if it would refuse every call; otherwise empty
};

/// Options of a survey: additional data to read, and how long to wait for endpoints.
struct SurveyOptions {
    engine::ReadContents contents = engine::ReadContents::of_keys_to_replicate;
    bool counts_keys = false;  ///< count all keys of the accounts in the replica Regions
    OutageWait outage_wait = OutageWait::as_run;
};

/// Surveys the keys and replicas of `plan` in KMS, with progress on standard error. Skips the
/// primaries in `found`, which the key search has already described. The first stop signal stops
/// the survey. Runs `io`, which can be run again afterwards. If the keys cannot be counted, logs
/// the reason and continues.
[[nodiscard]] SurveyEnd survey_kms(const planner::Plan& plan,
                                   const std::vector<planner::SelectedKey>& found,
                                   KmsAccess& kms,
                                   boost::asio::io_context& io,
                                   io::Clock& clock,
                                   ProgressStyle style,
                                   SurveyOptions options = {});

}  // namespace keyferry::cli
