// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/job/job_steps.hpp"
#include "engine/run/resume.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace keyferry::engine {

inline const JobArns kArns{
    "arn:aws:kms:us-east-1:111122223333:key/mrk-1234567890abcdef1234567890abcdef",
    "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234567890abcdef1234567890abcdef"};

inline const io::WallTime kSentAt{std::chrono::seconds(1'900'000'000)};

/// Drives one job: passes it the outcome of each call and checks its decision.
class JobConversation : public ::testing::Test {
  protected:
    StepContext context() {
        return StepContext{now, random01, &retry, &wait, is_probe, kms_ahead, wants_disabled};
    }

    JobDecision replicate_answers(io::CallOutcome<io::ReplicateKeyResult> outcome) {
        return after_replicate(state, checked_replica(std::move(outcome), kArns), kArns, context());
    }
    JobDecision replicate_refused(io::KmsErrorCode code, std::string message = "text of KMS") {
        return replicate_answers(io::CallFailure(io::Certainty::refused, code, std::move(message)));
    }
    JobDecision replicate_unsent() {
        return replicate_answers(io::CallFailure(
            io::Certainty::not_sent, io::KmsErrorCode::service_unavailable, "no route"));
    }
    JobDecision replicate_lost() {
        return replicate_answers(io::CallFailure(
            io::Certainty::unknown, io::KmsErrorCode::request_timeout, "no answer"));
    }
    JobDecision replicate_accepted(io::KeyState key_state = io::KeyState::creating) {
        io::ReplicateKeyResult result;
        result.replica_key_metadata = replica(key_state);
        return replicate_answers(io::CallSuccess<io::ReplicateKeyResult>(std::move(result)));
    }
    JobDecision look_finds(const io::KeyMetadata& metadata) {
        io::DescribeKeyResult result;
        result.key_metadata = metadata;
        return after_describe(
            state, io::CallSuccess<io::DescribeKeyResult>(std::move(result)), kArns, context());
    }
    JobDecision look_finds(io::KeyState key_state) { return look_finds(replica(key_state)); }
    JobDecision look_refused(io::KmsErrorCode code) {
        return after_describe(
            state, io::CallFailure(io::Certainty::refused, code, "text of KMS"), kArns, context());
    }
    JobDecision look_finds_nothing() { return look_refused(io::KmsErrorCode::not_found); }

    static io::KeyMetadata replica(io::KeyState key_state) {
        io::KeyMetadata metadata("mrk-1234567890abcdef1234567890abcdef");
        metadata.arn = kArns.replica;
        metadata.key_state = key_state;
        metadata.creation_date_s = 1'900'000'001.5;
        metadata.multi_region_configuration.emplace();
        metadata.multi_region_configuration->type = io::MultiRegionKeyType::replica;
        metadata.multi_region_configuration->primary_key =
            io::RelatedKey{kArns.primary, "us-east-1"};
        return metadata;
    }

    static OpenJob open_job(int attempts, bool accepted) {
        OpenJob open;
        open.attempts = attempts;
        open.accepted = accepted;
        open.first_sent = kSentAt;
        open.last_sent = kSentAt;
        return open;
    }

    static NextCall next(const JobDecision& decision) {
        const auto* call = std::get_if<NextCall>(&decision.next);
        EXPECT_TRUE(call) << "the job is over";
        return call ? *call : NextCall{};
    }
    static JobEnd end(const JobDecision& decision) {
        const auto* over = std::get_if<JobEnd>(&decision.next);
        EXPECT_TRUE(over) << "the job continues";
        return over ? *over : JobEnd(JobPhase::unknown);
    }

    io::Moment now{};
    double random01 = 0.5;
    bool is_probe = false;
    bool wants_disabled = false;
    std::optional<std::chrono::milliseconds> kms_ahead;
    planner::RetrySettings retry;
    planner::WaitSettings wait;
    JobState state;
};

}  // namespace keyferry::engine
