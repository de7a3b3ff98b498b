// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/recovery.hpp"
#include "engine/run/resume.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/engine/support/simulated_fleet.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::minutes;

/// A plan of two keys with three jobs each: jobs 0 to 2 are those of key 0.
class ResumedJobsTest : public ::testing::Test {
  protected:
    /// Adds a job's last event in the journal. For every event except `pending`, a request was
    /// sent.
    void add(JournalEvent event, planner::JobIndex job) {
        journal.add(JournalEvent::sent, job);
        if (event != JournalEvent::sent) {
            journal.add(event, job);
        }
    }
    ResumedJobs resume(bool retry_failed = false) {
        JournalScanner scanner(
            [this](const JournalRecord& record) { return replay.apply(record); });
        scanner.feed(journal.bytes);
        EXPECT_EQ(scanner.finish().state, JournalState::whole);
        return {plan, replay, retry_failed};
    }
    static std::optional<JobCall> call(const ResumedJobs& jobs, planner::JobIndex job) {
        const std::optional<FirstCall> first = jobs.first_call(job);
        return first ? std::optional(first->call) : std::nullopt;
    }

    planner::Plan plan = plan_of(2);
    ExampleJournal journal = ExampleJournal::begun(6);
    JournalReplay replay;
};

TEST_F(ResumedJobsTest, a_first_run_replicates_every_job) {
    const ResumedJobs jobs(plan);
    EXPECT_EQ(jobs.progress().jobs, 6U);
    EXPECT_EQ(jobs.progress().begun, 0U);
    for (planner::JobIndex job = 0; job < 6; ++job) {
        EXPECT_EQ(call(jobs, job), JobCall::replicate);
        EXPECT_FALSE(jobs.first_call(job)->is_repeated);
        EXPECT_FALSE(jobs.is_in_progress(job));
    }
}

TEST_F(ResumedJobsTest, counts_what_earlier_runs_have_done) {
    add(JournalEvent::done, 0);
    add(JournalEvent::failed, 1);
    add(JournalEvent::conflict, 2);
    add(JournalEvent::done, 3);
    const ResumedJobs jobs = resume();
    EXPECT_EQ(jobs.progress().ended.of(Attribution::created), 2U);
    EXPECT_EQ(jobs.progress().ended.of(JobPhase::failed), 1U);
    EXPECT_EQ(jobs.progress().ended.of(JobPhase::conflict), 1U);
    EXPECT_EQ(jobs.progress().begun, 0U);
    EXPECT_EQ(call(jobs, 0), std::nullopt);
    EXPECT_EQ(call(jobs, 1), std::nullopt);
    EXPECT_EQ(call(jobs, 4), JobCall::replicate);
}

TEST_F(ResumedJobsTest, does_not_count_failures_that_are_retried) {
    add(JournalEvent::failed, 1);
    add(JournalEvent::conflict, 2);
    const ResumedJobs jobs = resume(true);
    EXPECT_EQ(jobs.progress().ended.of(JobPhase::failed), 0U);
    EXPECT_EQ(jobs.progress().ended.of(JobPhase::conflict), 0U);
    ASSERT_TRUE(jobs.first_call(1));
    EXPECT_TRUE(jobs.first_call(1)->is_repeated) << "after the jobs that have not been attempted";
    EXPECT_FALSE(jobs.first_call(0)->is_repeated);
}

TEST_F(ResumedJobsTest, counts_unresolved_and_accepted_jobs_as_begun) {
    add(JournalEvent::sent, 0);
    add(JournalEvent::unknown, 1);
    add(JournalEvent::accepted, 2);
    const ResumedJobs jobs = resume();
    EXPECT_EQ(jobs.progress().begun, 3U);
    EXPECT_EQ(jobs.progress().in_doubt, 2U) << "KMS has accepted the request of the third job";
    EXPECT_EQ(call(jobs, 2), JobCall::describe_replica);
    for (planner::JobIndex job = 0; job < 3; ++job) {
        EXPECT_TRUE(jobs.is_in_progress(job));
    }
}

TEST_F(ResumedJobsTest, checks_all_unresolved_jobs_of_a_key_with_one_call) {
    add(JournalEvent::sent, 0);
    add(JournalEvent::sent, 2);
    add(JournalEvent::sent, 4);
    const ResumedJobs jobs = resume();
    EXPECT_EQ(call(jobs, 0), JobCall::describe_primary);
    EXPECT_EQ(call(jobs, 2), std::nullopt)
        << "covered by the call of job 0, which has the same key";
    EXPECT_EQ(call(jobs, 4), JobCall::describe_primary) << "another key";
    EXPECT_EQ(jobs.unresolved_of_key(2), (std::vector<planner::JobIndex>{0, 2}));
    EXPECT_EQ(jobs.unresolved_of_key(4), (std::vector<planner::JobIndex>{4}));
}

TEST_F(ResumedJobsTest, sends_the_request_of_an_absent_replica_again_as_before) {
    add(JournalEvent::sent, 0);
    ResumedJobs jobs = resume();
    EXPECT_TRUE(jobs.state_of(0, kExampleTime + minutes(5)).stage == ReplicaStage::unresolved);
    jobs.record_absent(0);
    EXPECT_TRUE(jobs.unresolved_of_key(0).empty());
    EXPECT_TRUE(jobs.is_in_progress(0)) << "its attempts and its send time still count";
    const JobState state = jobs.state_of(0, kExampleTime + minutes(5));
    EXPECT_FALSE(state.stage == ReplicaStage::unresolved);
    EXPECT_EQ(state.attempts_before, 1);
    EXPECT_EQ(state.doubt_since, kExampleTime) << "a replica that appears late is still ours";
    EXPECT_EQ(state.absent_polls, 0);
}

TEST_F(ResumedJobsTest, does_not_request_replicas_that_exist) {
    const planner::PlanReview review = survey_of(plan, planner::ActionReason::ready);
    ResumedJobs jobs(plan);
    jobs.apply_survey(review);
    for (planner::JobIndex job = 0; job < 6; ++job) {
        EXPECT_EQ(call(jobs, job), std::nullopt);
        const std::optional<JobEnd> end = jobs.surveyed(job);
        ASSERT_TRUE(end);
        EXPECT_EQ(end->outcome, JobPhase::done);
        EXPECT_EQ(end->attribution, Attribution::existed);
    }
    EXPECT_EQ(jobs.progress().ended.jobs(), 0U) << "not counted until they are recorded";
}

TEST_F(ResumedJobsTest, checks_done_replicas_before_they_are_created_again) {
    add(JournalEvent::done, 0);
    const planner::PlanReview review = survey_of(plan, planner::ActionReason::absent);
    ResumedJobs jobs = resume();
    jobs.apply_survey(review);
    EXPECT_EQ(call(jobs, 0), JobCall::describe_replica) << "the primary's list may be stale";
    EXPECT_EQ(jobs.state_of(0, kExampleTime).absent_polls, 0) << "it may not be visible yet";
    EXPECT_FALSE(jobs.surveyed(0));
    EXPECT_EQ(jobs.rechecked(), 1U);
    const JobEnd missing = jobs.record_missing(0);
    EXPECT_EQ(missing.outcome, JobPhase::deferred);
    EXPECT_EQ(missing.code, kReplicaMissing);
    EXPECT_FALSE(jobs.is_in_progress(0));
    EXPECT_FALSE(jobs.is_rechecked(0));
    EXPECT_EQ(call(jobs, 1), JobCall::replicate) << "the job was never done";
}

TEST_F(ResumedJobsTest, blocks_done_jobs_only_if_their_replicas_do_not_exist) {
    add(JournalEvent::done, 0);
    const planner::PlanReview review = survey_of(plan, planner::ActionReason::primary_disabled);
    ResumedJobs jobs = resume();
    jobs.apply_survey(review);
    EXPECT_EQ(call(jobs, 0), JobCall::describe_replica);
    EXPECT_FALSE(jobs.surveyed(0));
    const JobEnd missing = jobs.record_missing(0);
    EXPECT_EQ(missing.outcome, JobPhase::blocked);
    EXPECT_EQ(missing.code, "primary disabled");
}

TEST_F(ResumedJobsTest, keeps_done_jobs_whose_replicas_are_usable) {
    add(JournalEvent::done, 0);
    const planner::PlanReview review = survey_of(plan, planner::ActionReason::ready);
    ResumedJobs jobs = resume();
    jobs.apply_survey(review);
    EXPECT_EQ(call(jobs, 0), std::nullopt);
    EXPECT_FALSE(jobs.surveyed(0));
    EXPECT_EQ(jobs.progress().ended.of(Attribution::created), 1U);
}

TEST_F(ResumedJobsTest, checks_replicas_that_may_not_be_usable) {
    using planner::ActionReason;
    add(JournalEvent::done, 0);
    add(JournalEvent::failed, 1);
    for (const ActionReason reason : {ActionReason::creating,
                                      ActionReason::pending_import,
                                      ActionReason::not_seen,
                                      ActionReason::disabled,
                                      ActionReason::pending_deletion,
                                      ActionReason::unavailable}) {
        const planner::PlanReview review = survey_of(plan, reason);
        ResumedJobs jobs = resume();
        jobs.apply_survey(review);
        for (planner::JobIndex job = 0; job < 6; ++job) {
            EXPECT_EQ(call(jobs, job), JobCall::describe_replica) << name_of(reason);
            EXPECT_FALSE(jobs.surveyed(job));
            EXPECT_EQ(jobs.state_of(job, {}).stage, ReplicaStage::existing);
        }
        EXPECT_EQ(jobs.state_of(0, {}).attribution, Attribution::created);
        EXPECT_EQ(jobs.state_of(2, {}).attribution, Attribution::existed);
        EXPECT_EQ(jobs.rechecked(), 1U);
        EXPECT_EQ(jobs.progress().begun, 6U);
        replay = JournalReplay();
    }
}

TEST_F(ResumedJobsTest, checks_done_replicas_that_the_survey_has_not_seen) {
    using planner::ActionReason;
    add(JournalEvent::done, 0);
    for (const ActionReason reason : {ActionReason::primary_denied,
                                      ActionReason::primary_unseen,
                                      ActionReason::primary_unavailable}) {
        const planner::PlanReview review = survey_of(plan, reason);
        ResumedJobs jobs = resume();
        jobs.apply_survey(review);
        EXPECT_EQ(call(jobs, 0), JobCall::describe_replica);
        EXPECT_EQ(jobs.state_of(0, {}).stage, ReplicaStage::unresolved);
        EXPECT_EQ(call(jobs, 1), JobCall::replicate) << "the request may succeed";
        EXPECT_FALSE(jobs.surveyed(1));
        replay = JournalReplay();
    }
}

TEST_F(ResumedJobsTest, sends_nothing_for_blocked_jobs) {
    add(JournalEvent::done, 0);
    add(JournalEvent::failed, 1);
    planner::PlanReview review = survey_of(plan, planner::ActionReason::primary_moved);
    review.moved_to.emplace(0, "us-west-2");
    ResumedJobs jobs = resume();
    jobs.apply_survey(review);
    EXPECT_EQ(call(jobs, 0), JobCall::describe_replica) << "its replica may exist";
    for (const planner::JobIndex job : {2U, 3U}) {
        EXPECT_EQ(call(jobs, job), std::nullopt);
        ASSERT_TRUE(jobs.surveyed(job));
        EXPECT_EQ(jobs.surveyed(job)->outcome, JobPhase::blocked);
        EXPECT_EQ(jobs.surveyed(job)->code, "primary moved");
    }
    EXPECT_NE(jobs.surveyed(2)->message.find("us-west-2"), std::string::npos);
    EXPECT_FALSE(jobs.surveyed(1)) << "failed jobs need --retry-failed";
}

TEST_F(ResumedJobsTest, defers_withheld_jobs_of_a_refused_account_without_a_call) {
    add(JournalEvent::done, 0);
    add(JournalEvent::failed, 1);
    planner::PlanReview review = survey_of(plan, planner::ActionReason::no_credentials);
    review.refused_accounts.emplace(plan.keys[0].primary.account, "AssumeRole was denied");
    for (planner::JobVerdict& verdict : review.verdicts) {
        verdict.is_withheld = true;
    }
    ResumedJobs jobs = resume();
    jobs.apply_survey(review);
    EXPECT_EQ(call(jobs, 0), JobCall::describe_replica) << "done jobs stay done";
    for (const planner::JobIndex job : {2U, 5U}) {
        EXPECT_EQ(call(jobs, job), std::nullopt);
        const std::optional<JobEnd> end = jobs.surveyed(job);
        ASSERT_TRUE(end);
        EXPECT_EQ(end->outcome, JobPhase::deferred);
        EXPECT_EQ(end->code, "MissingAuthenticationToken");
        EXPECT_EQ(end->message, "AssumeRole was denied");
    }
    EXPECT_FALSE(jobs.surveyed(1)) << "it has failed for another reason";
    EXPECT_EQ(jobs.progress().unchecked, 0U);
}

TEST_F(ResumedJobsTest, blocks_a_job_whose_unusable_replica_was_deleted) {
    add(JournalEvent::unusable, 0);
    const planner::PlanReview review =
        survey_of(plan, planner::ActionReason::primary_pending_deletion);
    ResumedJobs jobs = resume();
    jobs.apply_survey(review);
    EXPECT_EQ(call(jobs, 0), std::nullopt);
    ASSERT_TRUE(jobs.surveyed(0));
    EXPECT_EQ(jobs.surveyed(0)->outcome, JobPhase::blocked);
}

TEST_F(ResumedJobsTest, resolves_unknown_outcomes_despite_the_survey) {
    add(JournalEvent::sent, 0);
    for (const auto reason : {planner::ActionReason::ready, planner::ActionReason::absent}) {
        const planner::PlanReview review = survey_of(plan, reason);
        ResumedJobs jobs = resume();
        jobs.apply_survey(review);
        EXPECT_EQ(call(jobs, 0), JobCall::describe_primary);
        EXPECT_FALSE(jobs.surveyed(0));
        replay = JournalReplay();
    }
}

}  // namespace
}  // namespace keyferry::engine
