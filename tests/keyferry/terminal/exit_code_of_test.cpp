// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/exit_code_of.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace keyferry::cli {
namespace {

using engine::JobPhase;
using planner::ActionReason;
using planner::CheckVerdict;
using planner::LookupStatus;
using planner::ReplicaStatus;

/// Expects these codes of all values of an enumeration, which begin with the first one.
template <typename Enum>
void expect_codes(const std::vector<std::pair<Enum, ExitCode>>& codes) {
    for (std::size_t value = 0; value < codes.size(); ++value) {
        EXPECT_EQ(static_cast<std::size_t>(codes[value].first), value) << "a value is missing";
        EXPECT_EQ(exit_code_of(codes[value].first), codes[value].second) << "value " << value;
    }
}

TEST(ExitCodeOf, lookups) {
    expect_codes<LookupStatus>({{LookupStatus::not_requested, exit_work_left},
                                {LookupStatus::found, exit_done},
                                {LookupStatus::absent, exit_done},
                                {LookupStatus::denied, exit_permission},
                                {LookupStatus::no_credentials, exit_permission},
                                {LookupStatus::no_response, exit_work_left},
                                {LookupStatus::unreadable, exit_work_left}});
}

TEST(ExitCodeOf, jobs) {
    const std::vector<std::pair<JobPhase, ExitCode>> codes{{JobPhase::not_started, exit_work_left},
                                                           {JobPhase::sent, exit_work_left},
                                                           {JobPhase::accepted, exit_work_left},
                                                           {JobPhase::done, exit_done},
                                                           {JobPhase::failed, exit_jobs_failed},
                                                           {JobPhase::conflict, exit_jobs_failed},
                                                           {JobPhase::unknown, exit_work_left},
                                                           {JobPhase::deferred, exit_work_left},
                                                           {JobPhase::unusable, exit_jobs_failed},
                                                           {JobPhase::blocked, exit_jobs_failed}};
    ASSERT_EQ(codes.size(), engine::kJobPhases);
    for (const auto& [phase, code] : codes) {
        EXPECT_EQ(exit_code_of(phase, ""), code) << name_of(phase);
        EXPECT_EQ(exit_code_of(phase, "KMSInternalException"), code) << name_of(phase);
    }
    EXPECT_EQ(exit_code_of(JobPhase::failed, "AccessDeniedException"), exit_permission);
    for (const char* const code : {"MissingAuthenticationToken", "ExpiredTokenException"}) {
        EXPECT_EQ(exit_code_of(JobPhase::deferred, code), exit_permission);
        EXPECT_EQ(exit_code_of(JobPhase::unknown, code), exit_work_left)
            << "the rerun looks first, with other credentials";
    }
}

TEST(ExitCodeOf, changes_of_a_sync) {
    engine::FailedChange change;
    change.failure.lookup = LookupStatus::no_response;
    EXPECT_EQ(exit_code_of(change), exit_work_left);
    change.failure.is_refused = true;
    EXPECT_EQ(exit_code_of(change), exit_jobs_failed);
    change.failure.may_be_made = true;
    EXPECT_EQ(exit_code_of(change), exit_work_left);
    change.failure.lookup = LookupStatus::denied;
    EXPECT_EQ(exit_code_of(change), exit_permission);
}

TEST(ExitCodeOf, replicas_that_a_sync_leaves_as_they_are) {
    expect_codes<ReplicaStatus>({{ReplicaStatus::as_specified, exit_done},
                                 {ReplicaStatus::missing, exit_done},
                                 {ReplicaStatus::blocked, exit_done},
                                 {ReplicaStatus::creating, exit_work_left},
                                 {ReplicaStatus::updating, exit_work_left},
                                 {ReplicaStatus::unusable, exit_jobs_failed},
                                 {ReplicaStatus::differs, exit_done},
                                 {ReplicaStatus::primary_moved, exit_jobs_failed},
                                 {ReplicaStatus::unreadable, exit_jobs_failed},
                                 {ReplicaStatus::denied, exit_permission},
                                 {ReplicaStatus::no_response, exit_work_left}});
}

TEST(ExitCodeOf, copied_values) {
    EXPECT_EQ(exit_code_of(ActionReason::policy_denied), exit_permission);
    EXPECT_EQ(exit_code_of(ActionReason::no_credentials), exit_permission);
    EXPECT_EQ(exit_code_of(ActionReason::content_unseen), exit_work_left);
    EXPECT_EQ(exit_code_of(ActionReason::policy_unreadable), exit_jobs_failed);
    EXPECT_EQ(exit_code_of(ActionReason::primary_absent), exit_jobs_failed);
}

TEST(ExitCodeOf, checks) {
    expect_codes<CheckVerdict>({{CheckVerdict::complete, exit_done},
                                {CheckVerdict::gaps, exit_changes},
                                {CheckVerdict::denied, exit_permission},
                                {CheckVerdict::no_response, exit_work_left}});
}

TEST(ExitCodeOf, journals) {
    using Kind = engine::JournalProblem::Kind;
    expect_codes<Kind>({{Kind::io, exit_journal},
                        {Kind::held, exit_journal_held},
                        {Kind::other_plan, exit_usage},
                        {Kind::other_verb, exit_usage},
                        {Kind::other_access, exit_usage},
                        {Kind::unusable, exit_journal},
                        {Kind::newer_version, exit_journal},
                        {Kind::not_needed, exit_journal}});
}

TEST(ExitCodeOf, several_outcomes_have_one_precedence) {
    const std::vector<int> ascending{exit_done, exit_permission, exit_jobs_failed, exit_work_left};
    for (const int one : ascending) {
        for (const int other : ascending) {
            const auto first = std::find_if(ascending.rbegin(), ascending.rend(), [&](int code) {
                return code == one || code == other;
            });
            EXPECT_EQ(combined_exit_code(one, other), *first);
        }
    }
}

}  // namespace
}  // namespace keyferry::cli
