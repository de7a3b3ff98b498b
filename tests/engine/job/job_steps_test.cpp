// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_steps.hpp"

#include "tests/engine/job/job_conversation.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class JobStepsTest : public JobConversation {};

TEST_F(JobStepsTest, a_job_is_done_when_its_replica_is_enabled) {
    const JobDecision accepted = replicate_accepted();
    EXPECT_TRUE(accepted.now_accepted);
    EXPECT_EQ(next(accepted).call, JobCall::describe_replica);
    EXPECT_EQ(next(accepted).delay, wait.poll_delay_min);
    EXPECT_EQ(next(look_finds(io::KeyState::creating)).call, JobCall::describe_replica);
    const JobEnd over = end(look_finds(io::KeyState::enabled));
    EXPECT_EQ(over.outcome, JobPhase::done);
    EXPECT_EQ(over.attribution, Attribution::created);
    EXPECT_EQ(over.key_state, "Enabled");
}

TEST_F(JobStepsTest, a_created_replica_without_key_material_is_unusable) {
    replicate_accepted();
    const JobEnd over = end(look_finds(io::KeyState::pending_import));
    EXPECT_EQ(over.outcome, JobPhase::unusable);
    EXPECT_EQ(over.key_state, "PendingImport");
    EXPECT_EQ(over.attribution, Attribution::created);
}

TEST_F(JobStepsTest, a_replica_without_key_material_is_unusable_even_if_it_need_not_be_ready) {
    wait.until_ready = false;
    replicate_refused(io::KmsErrorCode::already_exists);
    EXPECT_EQ(end(look_finds(io::KeyState::pending_import)).outcome, JobPhase::unusable);
}

TEST_F(JobStepsTest, an_unusable_replica_of_an_earlier_run_keeps_its_attribution) {
    OpenJob open = open_job(1, false);
    open.attribution = Attribution::existed;
    state = resumed_job(open, kSentAt + minutes(10), wait);
    const JobEnd over = end(look_finds(io::KeyState::enabled));
    EXPECT_EQ(over.outcome, JobPhase::done);
    EXPECT_EQ(over.attribution, Attribution::existed);
}

TEST_F(JobStepsTest, an_unusable_replica_that_was_deleted_since_is_created_again) {
    for (const bool accepted : {false, true}) {
        OpenJob open = open_job(1, accepted);
        open.attribution = Attribution::created;
        state = resumed_job(open, kSentAt + minutes(10), wait);
        EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate);
        EXPECT_FALSE(state.attribution);
    }
}

TEST_F(JobStepsTest, a_job_that_need_not_wait_is_done_when_accepted) {
    wait.until_ready = false;
    const JobDecision accepted = replicate_accepted();
    EXPECT_TRUE(accepted.now_accepted);
    EXPECT_EQ(end(accepted).outcome, JobPhase::done);
}

TEST_F(JobStepsTest, poll_intervals_grow_while_creating) {
    replicate_accepted();
    EXPECT_EQ(next(look_finds(io::KeyState::creating)).delay, milliseconds(1500));
    EXPECT_EQ(next(look_finds(io::KeyState::creating)).delay, milliseconds(2250));
    for (int poll = 0; poll < 20; ++poll) {
        look_finds(io::KeyState::creating);
    }
    EXPECT_EQ(next(look_finds(io::KeyState::creating)).delay, wait.poll_delay_max);
}

TEST_F(JobStepsTest, creating_for_too_long_is_deferred_and_not_failed) {
    replicate_accepted();
    now += wait.ready_timeout;
    const JobEnd over = end(look_finds(io::KeyState::creating));
    EXPECT_EQ(over.outcome, JobPhase::deferred);
    EXPECT_NE(over.message.find("still creating after 1200 s"), std::string::npos) << over.message;
}

TEST_F(JobStepsTest, creating_for_too_long_is_unknown_without_acceptance) {
    replicate_refused(io::KmsErrorCode::already_exists);
    look_finds(io::KeyState::creating);
    now += wait.ready_timeout;
    EXPECT_EQ(end(look_finds(io::KeyState::creating)).outcome, JobPhase::unknown)
        << "a rerun must not attribute it to us";
}

TEST_F(JobStepsTest, an_accepted_replica_that_is_not_found_is_still_creating) {
    replicate_accepted();
    for (int poll = 0; poll < 10; ++poll) {
        EXPECT_EQ(next(look_finds_nothing()).call, JobCall::describe_replica);
    }
}

TEST_F(JobStepsTest, a_lost_response_is_checked_before_a_resend) {
    EXPECT_EQ(next(replicate_lost()).call, JobCall::describe_replica);
    EXPECT_EQ(next(look_finds_nothing()).delay, seconds(2));
    EXPECT_EQ(next(look_finds_nothing()).delay, seconds(7));
    EXPECT_EQ(next(look_finds_nothing()).delay, seconds(20));
    EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate);
}

TEST_F(JobStepsTest, kms_internal_may_occur_after_the_effect) {
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::kms_internal)).call,
              JobCall::describe_replica);
}

TEST_F(JobStepsTest, a_replica_created_by_a_call_with_a_lost_response_is_ours) {
    state.last_sent = kSentAt;
    replicate_lost();
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, a_replica_older_than_our_call_is_not_ours) {
    state.last_sent = kSentAt + minutes(1);
    replicate_lost();
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::existed);
}

TEST_F(JobStepsTest, a_fast_local_clock_does_not_make_our_replica_look_old) {
    state.last_sent = kSentAt + minutes(3);
    kms_ahead = -minutes(3);
    replicate_lost();
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, a_slow_local_clock_does_not_claim_another_replica) {
    state.last_sent = kSentAt - minutes(3);
    kms_ahead = minutes(4);
    replicate_lost();
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::existed);
}

TEST_F(JobStepsTest, the_clock_difference_at_sending_counts) {
    OpenJob open = open_job(1, false);
    open.first_sent = kSentAt + minutes(3);
    open.kms_clock_ahead = -minutes(3);
    state = resumed_job(open, kSentAt + minutes(10), wait);
    kms_ahead = milliseconds(0);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, a_clock_set_between_request_and_check_changes_nothing) {
    state.last_sent = kSentAt + minutes(3);
    kms_ahead = -minutes(3);
    replicate_lost();
    kms_ahead = milliseconds(0);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, a_clock_set_while_the_request_was_in_flight_changes_nothing) {
    state.last_sent = kSentAt;
    state.kms_ahead_at_send = milliseconds(0);
    kms_ahead = hours(48);  // the clock was set back
    replicate_lost();
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, the_clock_difference_may_be_known_from_the_check_alone) {
    state.last_sent = kSentAt + minutes(3);
    replicate_lost();
    kms_ahead = -minutes(3);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, a_later_request_attributes_the_replica_if_the_clock_was_set_before_it) {
    OpenJob open = open_job(1, false);
    open.first_sent = kSentAt - hours(24);  // the difference to KMS's clock is unknown
    open.last_sent = open.first_sent;
    state = resumed_job(open, kSentAt - hours(72), wait);
    kms_ahead = hours(72);
    state.last_sent = kSentAt - hours(72);
    state.kms_ahead_at_send = kms_ahead;
    replicate_lost();
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, already_exists_on_a_first_attempt_is_never_ours) {
    state.last_sent = kSentAt;
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::already_exists)).call,
              JobCall::describe_replica);
    const JobEnd over = end(look_finds(io::KeyState::enabled));
    EXPECT_EQ(over.outcome, JobPhase::done);
    EXPECT_EQ(over.attribution, Attribution::existed);
}

TEST_F(JobStepsTest, a_replica_that_exists_and_cannot_be_found_stays_unknown) {
    replicate_refused(io::KmsErrorCode::already_exists);
    for (int poll = 0; poll < 4; ++poll) {
        EXPECT_EQ(next(look_finds_nothing()).call, JobCall::describe_replica);
    }
    EXPECT_EQ(end(look_finds_nothing()).outcome, JobPhase::unknown);
}

TEST_F(JobStepsTest, a_replica_pending_deletion_is_unusable_and_its_date_is_given) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata = replica(io::KeyState::pending_deletion);
    metadata.deletion_date_s = 1'900'000'000;
    const JobEnd over = end(look_finds(metadata));
    EXPECT_EQ(over.outcome, JobPhase::unusable);
    EXPECT_EQ(over.attribution, Attribution::existed);
    EXPECT_NE(over.message.find("2030-03-17"), std::string::npos) << over.message;
}

TEST_F(JobStepsTest, a_disabled_replica_is_unusable) {
    replicate_refused(io::KmsErrorCode::already_exists);
    EXPECT_EQ(end(look_finds(io::KeyState::disabled)).outcome, JobPhase::unusable);
}

TEST_F(JobStepsTest, a_replica_of_another_primary_is_a_conflict) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata = replica(io::KeyState::enabled);
    metadata.multi_region_configuration->primary_key->arn = "arn:aws:kms:us-west-2:1:key/mrk-1";
    EXPECT_EQ(end(look_finds(metadata)).outcome, JobPhase::conflict);
}

TEST_F(JobStepsTest, a_primary_in_the_replicas_region_is_a_conflict) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata = replica(io::KeyState::enabled);
    metadata.multi_region_configuration->type = io::MultiRegionKeyType::primary;
    EXPECT_EQ(end(look_finds(metadata)).outcome, JobPhase::conflict);
}

TEST_F(JobStepsTest, a_replica_in_an_unknown_state_is_polled_until_ready_timeout) {
    replicate_accepted();
    io::KeyMetadata metadata = replica(io::KeyState::other);
    metadata.unknown_key_state = "Frozen\n";
    EXPECT_EQ(next(look_finds(metadata)).call, JobCall::describe_replica);
    now += wait.ready_timeout;
    const JobEnd over = end(look_finds(metadata));
    EXPECT_EQ(over.outcome, JobPhase::unknown);
    EXPECT_EQ(over.code, "UnknownKeyState");
    EXPECT_NE(over.message.find("reports the key state 'Frozen\\x0a'"), std::string::npos)
        << over.message;
}

TEST_F(JobStepsTest, a_replica_without_a_state_is_polled_until_it_is_ready) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata = replica(io::KeyState::enabled);
    metadata.key_state.reset();
    EXPECT_EQ(next(look_finds(metadata)).call, JobCall::describe_replica);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).outcome, JobPhase::done);
}

TEST_F(JobStepsTest, a_replica_that_never_has_a_state_ends_as_unknown) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata = replica(io::KeyState::enabled);
    metadata.key_state.reset();
    next(look_finds(metadata));
    now += wait.ready_timeout;
    const JobEnd over = end(look_finds(metadata));
    EXPECT_EQ(over.outcome, JobPhase::unknown);
    EXPECT_NE(over.message.find("KMS still does not report a key state after"), std::string::npos)
        << over.message;
}

TEST_F(JobStepsTest, metadata_without_optional_members_is_never_a_success) {
    replicate_refused(io::KmsErrorCode::already_exists);
    EXPECT_EQ(next(look_finds(io::KeyMetadata("mrk-1"))).call, JobCall::describe_replica);
    now += wait.ready_timeout;
    const JobEnd over = end(look_finds(io::KeyMetadata("mrk-1")));
    EXPECT_EQ(over.outcome, JobPhase::unknown);
    EXPECT_NE(over.message.find("does not report what kind of key it is"), std::string::npos);
}

TEST_F(JobStepsTest, a_replica_whose_primary_is_not_reported_is_polled_until_it_is) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata = replica(io::KeyState::enabled);
    metadata.multi_region_configuration->primary_key.reset();
    EXPECT_EQ(next(look_finds(metadata)).call, JobCall::describe_replica) << "null PrimaryKey";
    metadata.multi_region_configuration->primary_key = io::RelatedKey{"", "us-east-1"};
    EXPECT_EQ(next(look_finds(metadata)).call, JobCall::describe_replica)
        << "PrimaryKey without an Arn";
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).outcome, JobPhase::done);
}

TEST_F(JobStepsTest, a_key_whose_type_is_never_reported_ends_as_unknown) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata = replica(io::KeyState::enabled);
    metadata.multi_region_configuration->type = io::MultiRegionKeyType::other;
    EXPECT_EQ(next(look_finds(metadata)).call, JobCall::describe_replica);
    now += wait.ready_timeout;
    const JobEnd over = end(look_finds(metadata));
    EXPECT_EQ(over.outcome, JobPhase::unknown);
    EXPECT_NE(over.message.find("does not report what kind of key it is"), std::string::npos);
}

TEST_F(JobStepsTest, a_single_region_key_is_a_conflict) {
    replicate_refused(io::KmsErrorCode::already_exists);
    io::KeyMetadata metadata("mrk-1");
    metadata.multi_region = false;
    EXPECT_EQ(end(look_finds(metadata)).outcome, JobPhase::conflict);
}

TEST_F(JobStepsTest, a_response_about_another_key_leaves_the_outcome_unknown) {
    io::ReplicateKeyResult result;
    result.replica_key_metadata = replica(io::KeyState::creating);
    result.replica_key_metadata.arn = kArns.primary;
    const JobDecision decision =
        replicate_answers(io::CallSuccess<io::ReplicateKeyResult>(std::move(result)));
    EXPECT_FALSE(decision.now_accepted);
    EXPECT_EQ(next(decision).call, JobCall::describe_replica);
}

TEST_F(JobStepsTest, a_refusal_after_a_lost_response_without_effect_fails_the_job) {
    replicate_lost();
    for (int poll = 0; poll < 4; ++poll) {
        look_finds_nothing();
    }
    EXPECT_EQ(end(replicate_refused(io::KmsErrorCode::access_denied)).outcome, JobPhase::failed);
}

TEST_F(JobStepsTest, a_lost_request_that_takes_effect_late_is_still_ours) {
    state.last_sent = kSentAt;
    replicate_lost();
    for (int poll = 0; poll < 4; ++poll) {
        look_finds_nothing();
    }
    replicate_refused(io::KmsErrorCode::already_exists);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(JobStepsTest, a_replica_created_before_our_lost_call_is_not_ours) {
    state.last_sent = kSentAt - minutes(10);
    replicate_refused(io::KmsErrorCode::throttling);
    state.last_sent = kSentAt + minutes(1);
    replicate_lost();
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::existed);
}

TEST_F(JobStepsTest, the_wait_for_the_primary_does_not_shorten_that_for_the_replica) {
    replicate_refused(io::KmsErrorCode::kms_invalid_state, kArns.primary + " is creating.");
    now += wait.ready_timeout - seconds(1);
    replicate_accepted();
    now += wait.ready_timeout - seconds(1);
    EXPECT_EQ(next(look_finds(io::KeyState::creating)).call, JobCall::describe_replica);
}

TEST_F(JobStepsTest, a_response_without_an_arn_leaves_the_outcome_unknown) {
    io::ReplicateKeyResult result;
    result.replica_key_metadata = io::KeyMetadata("mrk-1234567890abcdef1234567890abcdef");
    const JobDecision decision =
        replicate_answers(io::CallSuccess<io::ReplicateKeyResult>(std::move(result)));
    EXPECT_FALSE(decision.now_accepted);
    EXPECT_EQ(next(decision).call, JobCall::describe_replica);
}

TEST_F(JobStepsTest, a_denied_describe_of_a_possible_replica_leaves_the_job_unknown) {
    replicate_lost();
    EXPECT_EQ(end(look_refused(io::KmsErrorCode::access_denied)).outcome, JobPhase::unknown);
}

TEST_F(JobStepsTest, wrong_credentials_end_the_account_and_defer_the_job) {
    const JobDecision decision = replicate_refused(io::KmsErrorCode::invalid_signature);
    EXPECT_EQ(decision.failure_class, FailureClass::bad_credentials);
    EXPECT_EQ(end(decision).outcome, JobPhase::deferred);
}

TEST_F(JobStepsTest, a_malformed_policy_error_is_retried_for_two_minutes) {
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::malformed_policy_document)).call,
              JobCall::replicate);
    now += milliseconds(119'999);
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::malformed_policy_document)).call,
              JobCall::replicate);
    now += milliseconds(1);
    EXPECT_EQ(end(replicate_refused(io::KmsErrorCode::malformed_policy_document)).outcome,
              JobPhase::failed);
}

TEST_F(JobStepsTest, a_primary_that_is_still_creating_is_waited_for) {
    const JobDecision decision =
        replicate_refused(io::KmsErrorCode::kms_invalid_state, kArns.primary + " is creating.");
    EXPECT_EQ(next(decision).call, JobCall::replicate);
    now += wait.ready_timeout;
    EXPECT_EQ(
        end(replicate_refused(io::KmsErrorCode::kms_invalid_state, kArns.primary + " is creating."))
            .outcome,
        JobPhase::deferred);
}

TEST_F(JobStepsTest, a_job_left_by_an_old_crash_is_resent_after_one_check) {
    state = resumed_job(open_job(1, false), kSentAt + minutes(10), wait);
    EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate);
}

TEST_F(JobStepsTest, a_job_left_by_a_recent_crash_is_checked_repeatedly) {
    state = resumed_job(open_job(1, false), kSentAt + seconds(2), wait);
    EXPECT_EQ(next(look_finds_nothing()).call, JobCall::describe_replica);
}

TEST_F(JobStepsTest, a_rerun_starts_with_a_full_attempt_count) {
    retry.attempts_max = 2;
    state = resumed_job(open_job(100, false), kSentAt + minutes(10), wait);
    EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate);
    EXPECT_EQ(next(replicate_unsent()).call, JobCall::replicate);
}

TEST_F(JobStepsTest, a_job_accepted_before_a_crash_is_created_by_us) {
    state = resumed_job(open_job(1, true), kSentAt + seconds(2), wait);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created);
}

TEST_F(JobStepsTest, a_replica_that_should_be_disabled_is_unusable_until_it_is) {
    wants_disabled = true;
    replicate_accepted();
    const JobEnd created = end(look_finds(io::KeyState::enabled));
    EXPECT_EQ(created.outcome, JobPhase::unusable);
    EXPECT_EQ(created.attribution, Attribution::created);
    EXPECT_EQ(created.key_state, "Enabled");
    EXPECT_EQ(end(look_finds(io::KeyState::disabled)).outcome, JobPhase::done);
}

}  // namespace
}  // namespace keyferry::engine
