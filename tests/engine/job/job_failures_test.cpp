// SPDX-License-Identifier: Apache-2.0
#include "engine/job/job_steps.hpp"
#include "tests/engine/job/job_conversation.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class JobFailuresTest : public JobConversation {};

TEST_F(JobFailuresTest, a_throttle_backs_off_and_uses_no_attempt) {
    retry.attempts_max = 1;
    for (int time = 0; time < 50; ++time) {
        now += minutes(1);
        const JobDecision decision = replicate_refused(io::KmsErrorCode::throttling);
        EXPECT_EQ(decision.failure_class, FailureClass::throttled);
        EXPECT_EQ(next(decision).call, JobCall::replicate);
    }
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::throttling)).delay, milliseconds(10'000));
}

TEST_F(JobFailuresTest, repeated_lost_responses_leave_the_job_unknown_after_the_last_attempt) {
    retry.attempts_max = 2;
    state.last_sent = kSentAt;
    for (int attempt = 0; attempt < 2; ++attempt) {
        replicate_lost();
        for (int poll = 0; poll < 3; ++poll) {
            look_finds_nothing();
        }
        if (attempt == 0) {
            EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate);
        }
    }
    now += minutes(5);
    const JobEnd over = end(look_finds_nothing());
    EXPECT_EQ(over.outcome, JobPhase::unknown) << "a request may still take effect";
    EXPECT_NE(over.code, "NotFoundException") << "the reason is the lost response";
    EXPECT_NE(over.message.find("the last attempt failed: "), std::string::npos) << over.message;
}

TEST_F(JobFailuresTest, an_outage_of_five_minutes_does_not_use_up_the_attempts) {
    retry.attempts_max = 1;
    const io::Moment outage_ends = now + minutes(5);
    while (now < outage_ends) {
        EXPECT_EQ(next(replicate_unsent()).call, JobCall::replicate);
        now += seconds(10);
    }
    EXPECT_EQ(end(replicate_unsent()).outcome, JobPhase::deferred)
        << "the outage lasts longer than five minutes";
}

TEST_F(JobFailuresTest, lost_responses_for_five_minutes_do_not_use_up_the_attempts) {
    retry.attempts_max = 1;
    const io::Moment outage_ends = now + minutes(5);
    while (now < outage_ends) {
        replicate_lost();
        for (int poll = 0; poll < 3; ++poll) {
            look_finds_nothing();
        }
        EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate);
        now += seconds(30);
    }
}

TEST_F(JobFailuresTest, checks_after_the_last_attempt_do_not_extend_the_failing_time) {
    retry.attempts_max = 1;
    state.sent_at = now;
    replicate_lost();
    now += minutes(5) - seconds(1);
    state.sent_at = now;
    replicate_lost();
    now += seconds(30);
    for (int poll = 0; poll < 3; ++poll) {
        look_finds_nothing();
    }
    EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate)
        << "three polls may all fall within an outage of five minutes";
}

TEST_F(JobFailuresTest, attempts_end_after_park_timeout_if_that_is_shorter) {
    retry.attempts_max = 1;
    wait.park_timeout = minutes(1);
    replicate_unsent();
    now += minutes(1);
    EXPECT_EQ(end(replicate_unsent()).outcome, JobPhase::deferred);
}

TEST_F(JobFailuresTest, access_denied_fails_the_job_with_the_kms_message) {
    const JobDecision decision =
        replicate_refused(io::KmsErrorCode::access_denied, "User: x is not ...");
    EXPECT_EQ(decision.failure_class, FailureClass::none)
        << "the error says nothing about other keys";
    const JobEnd over = end(decision);
    EXPECT_EQ(over.outcome, JobPhase::failed);
    EXPECT_EQ(over.code, "AccessDeniedException");
    EXPECT_EQ(over.message, "User: x is not ...");
}

TEST_F(JobFailuresTest, another_response_resets_the_throttle_count) {
    replicate_refused(io::KmsErrorCode::throttling);
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::throttling)).delay, milliseconds(1000));
    replicate_unsent();
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::throttling)).delay, milliseconds(500));
}

TEST_F(JobFailuresTest, an_unsent_call_is_retried_after_a_short_backoff) {
    EXPECT_EQ(next(replicate_unsent()).delay, milliseconds(25));
    EXPECT_EQ(next(replicate_unsent()).delay, milliseconds(50));
}

TEST_F(JobFailuresTest, an_exhausted_key_quota_backs_off_and_uses_no_attempt) {
    retry.attempts_max = 1;
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::limit_exceeded)).delay, milliseconds(500));
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::limit_exceeded)).delay, milliseconds(1000));
    for (int time = 0; time < 50; ++time) {
        now += minutes(1);
        const JobDecision decision = replicate_refused(io::KmsErrorCode::limit_exceeded);
        EXPECT_EQ(decision.failure_class, FailureClass::key_quota);
        EXPECT_EQ(next(decision).call, JobCall::replicate);
    }
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::limit_exceeded)).delay,
              milliseconds(10'000));
}

TEST_F(JobFailuresTest, transient_describe_failures_are_retried) {
    replicate_accepted();
    const JobDecision decision = look_refused(io::KmsErrorCode::kms_internal);
    EXPECT_EQ(decision.failure_class, FailureClass::server_error);
    EXPECT_EQ(next(decision).call, JobCall::describe_replica);
    EXPECT_EQ(next(decision).delay, milliseconds(25));
}

TEST_F(JobFailuresTest, a_region_unreachable_for_minutes_does_not_leave_accepted_jobs_unresolved) {
    replicate_accepted();
    for (int poll = 0; poll < 100; ++poll) {
        EXPECT_EQ(next(look_refused(io::KmsErrorCode::kms_internal)).call,
                  JobCall::describe_replica);
        now += seconds(10);
    }
    now += wait.ready_timeout;
    EXPECT_EQ(end(look_refused(io::KmsErrorCode::kms_internal)).outcome, JobPhase::unknown);
}

TEST_F(JobFailuresTest, a_describe_that_fails_after_a_long_park_is_retried) {
    replicate_accepted();
    look_refused(io::KmsErrorCode::kms_internal);
    now += 2 * wait.ready_timeout;
    EXPECT_EQ(next(look_refused(io::KmsErrorCode::kms_internal)).call, JobCall::describe_replica);
}

TEST_F(JobFailuresTest, a_successful_describe_resets_the_failure_count) {
    retry.attempts_max = 1;
    replicate_accepted();
    look_refused(io::KmsErrorCode::kms_internal);
    now += seconds(10);
    look_finds(io::KeyState::creating);
    now += wait.ready_timeout - seconds(5);
    EXPECT_EQ(next(look_refused(io::KmsErrorCode::kms_internal)).delay, milliseconds(25));
}

TEST_F(JobFailuresTest, decisions_distinguish_endpoint_failures_from_job_failures) {
    EXPECT_EQ(replicate_unsent().failure_class, FailureClass::unreachable);
    EXPECT_EQ(replicate_lost().failure_class, FailureClass::timeout);
    EXPECT_EQ(look_finds_nothing().failure_class, FailureClass::none);
    EXPECT_EQ(look_refused(io::KmsErrorCode::limit_exceeded).failure_class, FailureClass::throttled)
        << "DescribeKey creates no key";
    EXPECT_EQ(look_refused(io::KmsErrorCode::access_denied).failure_class, FailureClass::none)
        << "the error says nothing about ReplicateKey";
    EXPECT_EQ(replicate_refused(io::KmsErrorCode::already_exists).failure_class,
              FailureClass::none);
    EXPECT_EQ(replicate_refused(io::KmsErrorCode::validation).failure_class, FailureClass::none);
}

TEST_F(JobFailuresTest, a_failed_probe_does_not_affect_the_job) {
    retry.attempts_max = 1;
    is_probe = true;
    for (int probe = 0; probe < 10; ++probe) {
        for (const JobDecision& decision : {replicate_refused(io::KmsErrorCode::limit_exceeded),
                                            replicate_refused(io::KmsErrorCode::throttling),
                                            replicate_unsent()}) {
            EXPECT_NE(decision.failure_class, FailureClass::none);
            EXPECT_EQ(next(decision).call, JobCall::replicate);
            EXPECT_EQ(next(decision).delay, milliseconds(0)) << "the circuit breaker decides when";
        }
    }
    is_probe = false;
    EXPECT_EQ(next(replicate_refused(io::KmsErrorCode::throttling)).delay, milliseconds(500));
    EXPECT_EQ(end(replicate_refused(io::KmsErrorCode::access_denied)).outcome, JobPhase::failed);
}

TEST_F(JobFailuresTest, a_probe_with_a_lost_response_makes_its_job_unresolved_without_an_attempt) {
    retry.attempts_max = 1;
    is_probe = true;
    EXPECT_EQ(next(replicate_lost()).call, JobCall::describe_replica);
    is_probe = false;
    for (int poll = 0; poll < 3; ++poll) {
        look_finds_nothing();
    }
    EXPECT_EQ(next(look_finds_nothing()).call, JobCall::replicate);
}

TEST_F(JobFailuresTest, a_probe_that_fails_because_of_its_job_ends_the_job) {
    is_probe = true;
    EXPECT_EQ(end(replicate_refused(io::KmsErrorCode::validation)).outcome, JobPhase::failed);
}

TEST_F(JobFailuresTest, a_failed_describe_probe_uses_no_timeout) {
    retry.attempts_max = 1;
    replicate_accepted();
    is_probe = true;
    for (int probe = 0; probe < 10; ++probe) {
        EXPECT_EQ(next(look_refused(io::KmsErrorCode::kms_internal)).delay, milliseconds(0));
        now += wait.ready_timeout;
    }
    is_probe = false;
    EXPECT_EQ(next(look_refused(io::KmsErrorCode::kms_internal)).delay, milliseconds(25));
}

TEST_F(JobFailuresTest, a_job_of_an_abandoned_scope_is_deferred_unless_unresolved) {
    const JobEnd fresh = end_abandoned(nullptr, "LimitExceededException", "parked");
    EXPECT_EQ(fresh.outcome, JobPhase::deferred);
    EXPECT_EQ(fresh.code, "LimitExceededException");
    EXPECT_EQ(fresh.message, "parked");
    EXPECT_EQ(end_abandoned(&state, "", "").outcome, JobPhase::deferred);
    JobState existing;
    existing.stage = ReplicaStage::existing;
    EXPECT_EQ(end_abandoned(&existing, "", "").outcome, JobPhase::unknown);
    replicate_lost();
    EXPECT_EQ(end_abandoned(&state, "", "").outcome, JobPhase::unknown);
}

TEST_F(JobFailuresTest, a_resolved_job_is_deferred_and_an_unresolved_one_unknown) {
    retry.attempts_max = 1;
    replicate_unsent();
    now += minutes(5);
    EXPECT_EQ(end(replicate_unsent()).outcome, JobPhase::deferred);
    state = resumed_job(open_job(1, false), kSentAt + minutes(10), wait);
    replicate_unsent();
    now += minutes(5);
    EXPECT_EQ(end(replicate_unsent()).outcome, JobPhase::unknown);
}

}  // namespace
}  // namespace keyferry::engine
