// SPDX-License-Identifier: Apache-2.0
#include "engine/run/resume.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

const OpenJob kOpen;

TEST(Resume, starts_jobs_without_records) {
    EXPECT_EQ(resume_as(JobPhase::not_started, std::nullopt, false), ResumeAs::not_started);
}

TEST(Resume, checks_before_sending_when_a_request_may_have_reached_kms) {
    EXPECT_EQ(resume_as(JobPhase::sent, kOpen, false), ResumeAs::in_progress);
    EXPECT_EQ(resume_as(JobPhase::accepted, kOpen, false), ResumeAs::in_progress);
    EXPECT_EQ(resume_as(JobPhase::unknown, kOpen, false), ResumeAs::in_progress);
}

TEST(Resume, checks_a_deferred_job_whose_replica_was_creating) {
    OpenJob creating;
    creating.accepted = true;
    EXPECT_EQ(resume_as(JobPhase::deferred, creating, false), ResumeAs::in_progress);
}

TEST(Resume, restarts_a_deferred_job_without_acceptance) {
    EXPECT_EQ(resume_as(JobPhase::deferred, std::nullopt, false), ResumeAs::not_started);
    EXPECT_EQ(resume_as(JobPhase::deferred, kOpen, false), ResumeAs::not_started);
}

TEST(Resume, skips_finished_jobs) {
    EXPECT_EQ(resume_as(JobPhase::done, std::nullopt, true), ResumeAs::finished);
    EXPECT_EQ(resume_as(JobPhase::failed, std::nullopt, false), ResumeAs::finished);
    EXPECT_EQ(resume_as(JobPhase::conflict, std::nullopt, false), ResumeAs::finished);
}

TEST(Resume, retries_failed_jobs_on_request) {
    EXPECT_EQ(resume_as(JobPhase::failed, std::nullopt, true), ResumeAs::not_started);
    EXPECT_EQ(resume_as(JobPhase::conflict, std::nullopt, true), ResumeAs::not_started);
}

}  // namespace
}  // namespace keyferry::engine
