// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/exit_code_of.hpp"

#include "io/names/kms_error.hpp"

namespace keyferry::cli {

namespace {

/// Whether access must be granted or the account's credentials fixed before a rerun can finish a
/// job.
bool is_denied(engine::JobPhase phase, std::string_view code) noexcept {
    switch (io::kms_error_code(code, 400)) {  // the status matters only for unknown codes
        case io::KmsErrorCode::access_denied:
            return true;
        case io::KmsErrorCode::expired_token:
        case io::KmsErrorCode::incomplete_signature:
        case io::KmsErrorCode::invalid_signature:
        case io::KmsErrorCode::missing_authentication_token:
        case io::KmsErrorCode::request_expired:
            return phase == engine::JobPhase::deferred;
        default:
            return false;
    }
}

}  // namespace

ExitCode exit_code_of(planner::LookupStatus lookup) noexcept {
    switch (lookup) {
        case planner::LookupStatus::found:
        case planner::LookupStatus::absent:
            break;
        case planner::LookupStatus::denied:
        case planner::LookupStatus::no_credentials:
            return exit_permission;
        case planner::LookupStatus::not_requested:
        case planner::LookupStatus::no_response:
        case planner::LookupStatus::unreadable:
            return exit_work_left;
    }
    return exit_done;
}

ExitCode exit_code_of(engine::JobPhase phase, std::string_view code) noexcept {
    if (is_denied(phase, code)) {
        return exit_permission;
    }
    switch (phase) {
        case engine::JobPhase::done:
            break;
        case engine::JobPhase::failed:
        case engine::JobPhase::conflict:
        case engine::JobPhase::unusable:
        case engine::JobPhase::blocked:
            return exit_jobs_failed;
        case engine::JobPhase::not_started:
        case engine::JobPhase::sent:
        case engine::JobPhase::accepted:
        case engine::JobPhase::unknown:
        case engine::JobPhase::deferred:
            return exit_work_left;
    }
    return exit_done;
}

ExitCode exit_code_of(const engine::FailedChange& change) noexcept {
    const engine::FinalFailure& failure = change.failure;
    if (!change.is_alias_taken && exit_code_of(failure.lookup) == exit_permission) {
        return exit_permission;
    }
    return failure.is_refused && !failure.may_be_made ? exit_jobs_failed : exit_work_left;
}

ExitCode exit_code_of(planner::ReplicaStatus status) noexcept {
    switch (status) {
        case planner::ReplicaStatus::unusable:
        case planner::ReplicaStatus::primary_moved:
        case planner::ReplicaStatus::unreadable:
            return exit_jobs_failed;
        case planner::ReplicaStatus::denied:
            return exit_permission;
        case planner::ReplicaStatus::creating:
        case planner::ReplicaStatus::updating:
        case planner::ReplicaStatus::no_response:
            return exit_work_left;
        case planner::ReplicaStatus::as_specified:
        case planner::ReplicaStatus::missing:
        case planner::ReplicaStatus::blocked:
        case planner::ReplicaStatus::differs:
            break;
    }
    return exit_done;
}

ExitCode exit_code_of(planner::ActionReason reason) noexcept {
    switch (reason) {
        case planner::ActionReason::policy_denied:
        case planner::ActionReason::tags_denied:
        case planner::ActionReason::primary_denied:
        case planner::ActionReason::no_credentials:
            return exit_permission;
        case planner::ActionReason::content_unseen:
        case planner::ActionReason::primary_unseen:
            return exit_work_left;
        default:
            return exit_jobs_failed;
    }
}

ExitCode exit_code_of(planner::CheckVerdict verdict) noexcept {
    switch (verdict) {
        case planner::CheckVerdict::complete:
            break;
        case planner::CheckVerdict::gaps:
            return exit_changes;
        case planner::CheckVerdict::denied:
            return exit_permission;
        case planner::CheckVerdict::no_response:
            return exit_work_left;
    }
    return exit_done;
}

ExitCode exit_code_of(engine::JournalProblem::Kind kind) noexcept {
    switch (kind) {
        case engine::JournalProblem::Kind::other_plan:
        case engine::JournalProblem::Kind::other_verb:
        case engine::JournalProblem::Kind::other_access:
            return exit_usage;
        case engine::JournalProblem::Kind::held:
            return exit_journal_held;
        case engine::JournalProblem::Kind::io:
        case engine::JournalProblem::Kind::unusable:
        case engine::JournalProblem::Kind::newer_version:
        case engine::JournalProblem::Kind::not_needed:
            break;
    }
    return exit_journal;
}

}  // namespace keyferry::cli
