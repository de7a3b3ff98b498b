// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/survey/survey.hpp"
#include "planner/fleet/selected_keys.hpp"
#include "planner/review/inventory.hpp"
#include "tools/keyferry/fleet/call_session.hpp"

#include <vector>

namespace keyferry::cli {

/// Options of a survey: additional data to read, and how long to wait for endpoints.
struct SurveyOptions {
    engine::ReadContents contents = engine::ReadContents::of_keys_to_replicate;
    bool counts_keys = false;  ///< count all keys of the accounts in the replica Regions
    OutageWait outage_wait = OutageWait::as_run;
};

/// Surveys the keys and replicas of `plan` in KMS, with progress on standard error. Skips the
/// primaries in `found`, which KMS has already described. If the keys cannot be counted, logs the
/// reason and continues. Throws CommandError like CallSession::run().
[[nodiscard]] planner::Inventory survey_kms(const planner::Plan& plan,
                                            const std::vector<planner::SelectedKey>& found,
                                            KmsSession& session,
                                            SurveyOptions options = {});

}  // namespace keyferry::cli
