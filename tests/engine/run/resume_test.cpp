// SPDX-License-Identifier: Apache-2.0
#include "engine/run/resume.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

const OpenJob kOpen;

TEST(Resume, runs_what_was_never_touched) {
    EXPECT_EQ(resume_as(JobPhase::untouched, nullptr, false), ResumeAs::fresh);
}

TEST(Resume, looks_before_it_sends_where_something_may_have_reached_kms) {
    EXPECT_EQ(resume_as(JobPhase::sent, &kOpen, false), ResumeAs::begun);
    EXPECT_EQ(resume_as(JobPhase::accepted, &kOpen, false), ResumeAs::begun);
    EXPECT_EQ(resume_as(JobPhase::unknown, &kOpen, false), ResumeAs::begun);
}

TEST(Resume, looks_at_a_deferred_job_whose_replica_was_still_creating) {
    OpenJob creating;
    creating.accepted = true;
    EXPECT_EQ(resume_as(JobPhase::deferred, &creating, false), ResumeAs::begun);
}

TEST(Resume, runs_a_deferred_job_of_which_kms_has_accepted_nothing) {
    EXPECT_EQ(resume_as(JobPhase::deferred, nullptr, false), ResumeAs::fresh);
    EXPECT_EQ(resume_as(JobPhase::deferred, &kOpen, false), ResumeAs::fresh);
}

TEST(Resume, leaves_finished_jobs_alone) {
    EXPECT_EQ(resume_as(JobPhase::done, nullptr, true), ResumeAs::finished);
    EXPECT_EQ(resume_as(JobPhase::failed, nullptr, false), ResumeAs::finished);
    EXPECT_EQ(resume_as(JobPhase::conflict, nullptr, false), ResumeAs::finished);
}

TEST(Resume, tries_failed_jobs_again_when_told_to) {
    EXPECT_EQ(resume_as(JobPhase::failed, nullptr, true), ResumeAs::fresh);
    EXPECT_EQ(resume_as(JobPhase::conflict, nullptr, true), ResumeAs::fresh);
}

}  // namespace
}  // namespace keyferry::engine
