// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/job/job_conversation.hpp"

#include <chrono>

namespace keyferry::engine {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// A job whose outcome is unknown: an earlier process sent its request just before it was killed.
class DescribePrimary : public JobConversation {
  protected:
    DescribePrimary() { state = resumed_job(open_job(1, false), kSentAt + seconds(2), wait); }

    JobDecision primary_answers(io::CallOutcome<io::DescribeKeyResult> outcome) {
        return after_describe_primary(state, outcome, kArns, context());
    }
    JobDecision primary_refuses(io::KmsErrorCode code) {
        return primary_answers(io::CallFailure(io::Certainty::refused, code, "text of KMS"));
    }
    JobDecision primary_is(const io::KeyMetadata& metadata) {
        io::DescribeKeyResult result;
        result.key_metadata = metadata;
        return primary_answers(io::CallSuccess<io::DescribeKeyResult>(std::move(result)));
    }
    JobDecision primary_lists(const std::vector<io::RelatedKey>& replicas) {
        io::KeyMetadata metadata = primary();
        metadata.multi_region_configuration->replica_keys = replicas;
        return primary_is(metadata);
    }

    static io::KeyMetadata primary() {
        io::KeyMetadata metadata("mrk-1234567890abcdef1234567890abcdef");
        metadata.arn = kArns.primary;
        metadata.key_state = io::KeyState::enabled;
        metadata.multi_region_configuration.emplace();
        metadata.multi_region_configuration->type = io::MultiRegionKeyType::primary;
        metadata.multi_region_configuration->primary_key =
            io::RelatedKey{kArns.primary, "us-east-1"};
        return metadata;
    }
    static io::RelatedKey ours() { return {kArns.replica, "eu-west-1"}; }
    static io::RelatedKey elsewhere() {
        return {"arn:aws:kms:eu-north-1:111122223333:key/mrk-1234567890abcdef1234567890abcdef",
                "eu-north-1"};
    }
};

TEST_F(DescribePrimary, a_listed_replica_is_described_in_its_own_region) {
    EXPECT_EQ(next(primary_lists({elsewhere(), ours()})).call, JobCall::describe_replica);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(DescribePrimary, an_unlisted_replica_is_awaited_and_then_resent) {
    for (const seconds delay : {seconds(1), seconds(2), seconds(7), seconds(20)}) {
        const NextCall poll = next(primary_lists({elsewhere()}));
        EXPECT_EQ(poll.call, JobCall::describe_primary);
        EXPECT_EQ(poll.delay, delay);
    }
    const NextCall again = next(primary_lists({}));
    EXPECT_EQ(again.call, JobCall::replicate);
    EXPECT_EQ(again.delay, seconds(0));
}

TEST_F(DescribePrimary, one_check_decides_for_an_old_request) {
    state = resumed_job(open_job(1, false), kSentAt + minutes(5), wait);
    EXPECT_EQ(next(primary_lists({})).call, JobCall::replicate);
}

TEST_F(DescribePrimary, a_request_that_takes_effect_late_is_still_ours) {
    state = resumed_job(open_job(1, false), kSentAt + minutes(5), wait);
    primary_lists({});
    replicate_refused(io::KmsErrorCode::already_exists);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).attribution, Attribution::created_reconciled);
}

TEST_F(DescribePrimary, a_moved_primary_defers_to_the_replicas_region) {
    io::KeyMetadata moved = primary();
    moved.multi_region_configuration->type = io::MultiRegionKeyType::replica;
    moved.multi_region_configuration->replica_keys = {ours()};
    EXPECT_EQ(next(primary_is(moved)).call, JobCall::describe_replica);
    io::KeyMetadata found = replica(io::KeyState::enabled);
    found.multi_region_configuration->type = io::MultiRegionKeyType::primary;
    EXPECT_EQ(end(look_finds(found)).outcome, JobPhase::conflict);
}

TEST_F(DescribePrimary, a_response_about_another_key_decides_nothing) {
    io::KeyMetadata other = primary();
    other.arn = elsewhere().arn;
    EXPECT_EQ(next(primary_is(other)).call, JobCall::describe_replica);
    EXPECT_EQ(next(primary_is(io::KeyMetadata("mrk-1"))).call, JobCall::describe_replica);
}

TEST_F(DescribePrimary, a_denied_describe_of_the_primary_falls_back_to_the_replica) {
    const JobDecision decision = primary_refuses(io::KmsErrorCode::access_denied);
    EXPECT_EQ(next(decision).call, JobCall::describe_replica);
    EXPECT_EQ(end(look_finds(io::KeyState::enabled)).outcome, JobPhase::done);
}

TEST_F(DescribePrimary, denied_describes_of_both_leave_the_job_unknown) {
    primary_refuses(io::KmsErrorCode::access_denied);
    const JobEnd over = end(look_refused(io::KmsErrorCode::access_denied));
    EXPECT_EQ(over.outcome, JobPhase::unknown);
    EXPECT_NE(over.message.find("may have been created"), std::string::npos) << over.message;
}

TEST_F(DescribePrimary, a_throttled_describe_is_always_retried) {
    for (int poll = 0; poll < 50; ++poll) {
        const JobDecision decision = primary_refuses(io::KmsErrorCode::throttling);
        EXPECT_EQ(next(decision).call, JobCall::describe_primary);
        EXPECT_EQ(decision.failure_class, FailureClass::throttled);
    }
}

TEST_F(DescribePrimary, an_unreachable_endpoint_is_retried_and_then_the_replicas_endpoint) {
    const io::CallFailure unreachable(
        io::Certainty::not_sent, io::KmsErrorCode::service_unavailable, "no route");
    for (int poll = 0; poll < retry.attempts_max; ++poll) {
        EXPECT_EQ(next(primary_answers(unreachable)).call, JobCall::describe_primary);
    }
    now += wait.ready_timeout;
    EXPECT_EQ(next(primary_answers(unreachable)).call, JobCall::describe_replica);
}

TEST_F(DescribePrimary, the_probe_of_a_parked_endpoint_uses_no_timeout) {
    is_probe = true;
    const JobDecision decision = primary_answers(
        io::CallFailure(io::Certainty::unknown, io::KmsErrorCode::request_timeout, "silence"));
    EXPECT_EQ(next(decision).call, JobCall::describe_primary);
    EXPECT_EQ(decision.failure_class, FailureClass::timeout);
    EXPECT_EQ(state.describe_attempts, 0);
}

TEST_F(DescribePrimary, refused_credentials_end_the_account_and_leave_the_job_unresolved) {
    const JobDecision decision = primary_refuses(io::KmsErrorCode::invalid_signature);
    EXPECT_EQ(decision.failure_class, FailureClass::bad_credentials);
    EXPECT_EQ(end(decision).outcome, JobPhase::unknown);
}

}  // namespace
}  // namespace keyferry::engine
