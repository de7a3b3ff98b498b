// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/replay.hpp"

#include "engine/journal/read/recovery.hpp"
#include "engine/journal/read/resume_as.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/support/sample_journal.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <numeric>
#include <string>

namespace keyferry::engine {
namespace {

class JournalReplayTest : public testing::Test {
  protected:
    JournalReplay replay() {
        JournalReplay result;
        JournalScanner scanner([&](const JournalRecord& record) { return result.apply(record); });
        scanner.feed(journal.bytes);
        scan = scanner.finish();
        return result;
    }
    JournalReplay good_replay() {
        JournalReplay result = replay();
        EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
        return result;
    }
    void add_stuck(JournalEvent event, planner::JobIndex job, const std::string& code) {
        JobEntry entry = example_entry(event, job);
        entry.code = code;
        entry.message = "because";
        journal.add(entry);
    }

    void add_pending(planner::JobIndex job, const std::string& code) {
        JobEntry entry = example_entry(JournalEvent::pending, job);
        entry.code = code;
        entry.reason_time = kExampleTime - std::chrono::seconds(5);
        journal.add(entry);
    }

    ExampleJournal journal = ExampleJournal::begun(30);
    JournalScan scan;
};

TEST_F(JournalReplayTest, has_every_job_of_the_plan_from_the_start) {
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.header(), example_header(30));
    EXPECT_EQ(state.phases().size(), 30u);
    EXPECT_EQ(state.counts().of(JobPhase::not_started), 30u);
    EXPECT_EQ(state.open_jobs(), 0u);
    EXPECT_FALSE(state.ended());
}

TEST_F(JournalReplayTest, counts_unusable_replicas_separately_from_done_ones) {
    JobEntry entry = example_entry(JournalEvent::unusable, 4);
    entry.key_state = "PendingImport";
    entry.creation_date_s = 1000.5;
    entry.attribution = Attribution::existed;
    journal.add(entry);
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.counts().of(JobPhase::unusable), 1u);
    EXPECT_EQ(state.counts().of(JobPhase::done), 0u);
    ASSERT_EQ(state.stuck().size(), 1u);
    EXPECT_EQ(state.stuck()[0].phase, JobPhase::unusable);
    EXPECT_EQ(state.stuck()[0].code, "PendingImport") << "the state is the reason";
    const std::optional<OpenJob> open = state.open_job(4);
    ASSERT_TRUE(open);
    EXPECT_FALSE(open->accepted);
    EXPECT_EQ(open->creation_date_s, 1000.5);
    EXPECT_EQ(open->attribution, Attribution::existed);
    EXPECT_EQ(resume_as(JobPhase::unusable, open, false), ResumeAs::in_progress);
}

TEST_F(JournalReplayTest, completes_an_unusable_replica) {
    JobEntry entry = example_entry(JournalEvent::unusable, 4);
    entry.key_state = "Disabled";
    journal.add(entry);
    journal.add(JournalEvent::done, 4);
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.phase(4), JobPhase::done);
    EXPECT_EQ(state.stuck().at(0).jobs, 0u);
    EXPECT_EQ(state.open_jobs(), 0u);
}

TEST_F(JournalReplayTest, counts_blocked_jobs_and_starts_them_again) {
    add_stuck(JournalEvent::blocked, 4, "PolicyLockout");
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.counts().of(JobPhase::blocked), 1u);
    EXPECT_EQ(state.code(4), "PolicyLockout");
    EXPECT_FALSE(state.open_job(4));
    EXPECT_EQ(resume_as(JobPhase::blocked, std::nullopt, false), ResumeAs::not_started);
}

TEST_F(JournalReplayTest, groups_open_jobs_by_their_last_reason) {
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::sent, 2);
    journal.add(JournalEvent::accepted, 2);
    for (const planner::JobIndex job : {1U, 4U, 2U}) {
        add_pending(job, "ThrottlingException");
    }
    add_pending(1, "KMSInternalException");
    const JournalReplay state = good_replay();
    EXPECT_TRUE(state.stuck().empty());
    std::vector<std::string> groups;
    for (const StuckGroup& group : state.pending()) {
        groups.push_back(std::to_string(group.jobs) + " " + std::string(name_of(group.phase)) +
                         " " + group.code);
    }
    EXPECT_THAT(groups,
                testing::UnorderedElementsAre("0 sent ThrottlingException",
                                              "1 not started ThrottlingException",
                                              "1 accepted ThrottlingException",
                                              "1 sent KMSInternalException"));
    EXPECT_EQ(state.phase(1), JobPhase::sent) << "a reason is not an outcome";
    EXPECT_EQ(state.phase(4), JobPhase::not_started);
    EXPECT_EQ(state.counts().of(JobPhase::not_started), 28u);
    EXPECT_TRUE(state.open_job(1));
    EXPECT_FALSE(state.open_job(4));
    EXPECT_EQ(state.pending().back().examples.at(0).time, kExampleTime - std::chrono::seconds(5));
}

TEST_F(JournalReplayTest, forgets_the_reason_of_a_job_that_continues) {
    add_pending(1, "ThrottlingException");
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::done, 1);
    add_stuck(JournalEvent::failed, 2, "TagException");
    add_pending(2, "ThrottlingException");
    const JournalReplay state = good_replay();
    for (const StuckGroup& group : state.pending()) {
        EXPECT_EQ(group.jobs, 0u);
    }
    EXPECT_EQ(state.attribution(1), Attribution::created);
    EXPECT_EQ(state.code(2), "TagException") << "an outcome already has a reason";
}

TEST_F(JournalReplayTest, returns_why_a_run_ended_and_which_calls_were_throttled) {
    journal.encoder.append(journal.bytes, kExampleTime, test::sample_end("refused"));
    const ReplayedRun run = good_replay().runs().at(0);
    EXPECT_EQ(run.end, "refused");
    EXPECT_EQ(run.end_code, "ExpiredTokenException");
    EXPECT_EQ(run.end_message, "The security token is \"expired\".");
    EXPECT_EQ(run.end_reason_time, test::sample_end("refused").reason_time);
    EXPECT_EQ(run.throttles, test::sample_end("refused").throttles);
}

TEST_F(JournalReplayTest, merges_access_records) {
    JournalAccess endpoint;
    endpoint.endpoint = JournalAccess::Endpoint::aws;
    JournalAccess callers;
    callers.callers = test::sample_access().callers;
    journal.encoder.append(journal.bytes, kExampleTime, endpoint);
    journal.encoder.append(journal.bytes, kExampleTime, callers);
    const JournalAccess access = good_replay().header().access;
    EXPECT_EQ(access.endpoint, JournalAccess::Endpoint::aws);
    EXPECT_EQ(access.callers, callers.callers);
}

TEST_F(JournalReplayTest, moves_each_job_to_the_phase_of_its_last_record) {
    journal.add(JournalEvent::sent, 0);
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::accepted, 1);
    journal.add(JournalEvent::sent, 2);
    journal.add(JournalEvent::done, 2);
    add_stuck(JournalEvent::failed, 3, "TagException");
    add_stuck(JournalEvent::conflict, 4, "");
    add_stuck(JournalEvent::unknown, 5, "");
    add_stuck(JournalEvent::deferred, 6, "LimitExceededException");
    const JournalReplay state = good_replay();
    const std::vector<JobPhase> expected{JobPhase::sent,
                                         JobPhase::accepted,
                                         JobPhase::done,
                                         JobPhase::failed,
                                         JobPhase::conflict,
                                         JobPhase::unknown,
                                         JobPhase::deferred,
                                         JobPhase::not_started};
    for (planner::JobIndex job = 0; job < expected.size(); ++job) {
        EXPECT_EQ(state.phase(job), expected[job]) << job;
        EXPECT_EQ(state.counts().of(expected[job]),
                  expected[job] == JobPhase::not_started ? 23u : 1u);
    }
    EXPECT_EQ(state.counts().jobs(), 30u);
}

TEST_F(JournalReplayTest, counts_attributions) {
    for (planner::JobIndex job = 0; job < 6; ++job) {
        JobEntry entry = example_entry(JournalEvent::done, job);
        entry.attribution = job < 3   ? Attribution::created
                            : job < 5 ? Attribution::created_reconciled
                                      : Attribution::existed;
        journal.add(entry);
    }
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.counts().of(Attribution::created), 3u);
    EXPECT_EQ(state.counts().of(Attribution::created_reconciled), 2u);
    EXPECT_EQ(state.counts().of(Attribution::existed), 1u);
    EXPECT_EQ(state.attribution(5), Attribution::existed);
    EXPECT_EQ(state.attribution(6), std::nullopt);
}

TEST_F(JournalReplayTest, takes_an_unknown_clock_difference_from_the_next_request) {
    journal.add(JournalEvent::sent, 1);
    JobEntry again = example_entry(JournalEvent::sent, 1);
    again.kms_clock_ahead = std::chrono::seconds(61);
    journal.add(again);
    again.kms_clock_ahead = std::chrono::seconds(0);
    journal.add(again);
    const std::optional<OpenJob> job = good_replay().open_job(1);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->first_sent, kExampleTime);
    EXPECT_EQ(job->kms_clock_ahead, std::chrono::seconds(61)) << "the clock was set later";
}

TEST_F(JournalReplayTest, keeps_details_of_open_jobs_for_a_rerun) {
    JobEntry first = example_entry(JournalEvent::sent, 1);
    first.kms_clock_ahead = std::chrono::seconds(61);
    journal.add(first);
    JobEntry again = example_entry(JournalEvent::sent, 1);
    again.attempt = 2;
    journal.encoder.append(journal.bytes, kExampleTime + std::chrono::seconds(5), again);
    JobEntry accepted = example_entry(JournalEvent::accepted, 1);
    accepted.creation_date_s = 1234.5;
    journal.add(accepted);
    const JournalReplay state = good_replay();
    const std::optional<OpenJob> job = state.open_job(1);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->attempts, 2);
    EXPECT_EQ(job->first_sent, kExampleTime);
    EXPECT_EQ(job->kms_clock_ahead, std::chrono::seconds(61));
    EXPECT_EQ(job->creation_date_s, 1234.5);
    EXPECT_FALSE(state.open_job(2));
}

TEST_F(JournalReplayTest, drops_details_of_ended_jobs) {
    for (planner::JobIndex job = 0; job < 3; ++job) {
        journal.add(JournalEvent::sent, job);
    }
    journal.add(JournalEvent::done, 0);
    add_stuck(JournalEvent::failed, 1, "TagException");
    add_stuck(JournalEvent::conflict, 2, "");
    add_stuck(JournalEvent::deferred, 3, "");
    EXPECT_EQ(good_replay().open_jobs(), 0u) << "a deferred job that was never sent has no details";
}

TEST_F(JournalReplayTest, remembers_whether_kms_accepted_a_deferred_job) {
    journal.add(JournalEvent::sent, 1);
    add_stuck(JournalEvent::deferred, 1, "LimitExceededException");
    journal.add(JournalEvent::sent, 2);
    journal.add(JournalEvent::accepted, 2);
    add_stuck(JournalEvent::deferred, 2, "StillCreating");
    journal.add(JournalEvent::sent, 3);
    journal.add(JournalEvent::accepted, 3);
    add_stuck(JournalEvent::unknown, 3, "AccessDeniedException");
    const JournalReplay state = good_replay();
    EXPECT_FALSE(state.open_job(1)) << "no outcome is unknown, so the job starts again";
    EXPECT_EQ(state.code(1), "LimitExceededException");
    EXPECT_TRUE(state.open_job(2)->accepted);
    EXPECT_TRUE(state.open_job(3)->accepted) << "a failed check does not revoke the acceptance";
}

TEST_F(JournalReplayTest, groups_stuck_jobs_by_reason_with_a_few_examples) {
    for (planner::JobIndex job = 0; job < 9; ++job) {
        add_stuck(JournalEvent::failed, job, "TagException");
    }
    add_stuck(JournalEvent::failed, 9, "DisabledException");
    const JournalReplay state = good_replay();
    ASSERT_EQ(state.stuck().size(), 2u);
    const StuckGroup& group = state.stuck().front();
    EXPECT_EQ(group.code, "TagException");
    EXPECT_EQ(group.jobs, 9u);
    EXPECT_EQ(group.jobs_by_region, (std::vector<std::uint64_t>{3, 3, 3}));
    ASSERT_EQ(group.examples.size(), kStuckExamplesMax);
    EXPECT_EQ(group.examples[0].key, example_key().text());
    EXPECT_EQ(group.examples[0].message, "because");
}

TEST_F(JournalReplayTest, groups_stuck_jobs_by_the_form_of_their_message) {
    JobEntry entry = example_entry(JournalEvent::failed, 0);
    entry.code = "AccessDeniedException";
    for (planner::JobIndex job = 0; job < 6; ++job) {
        entry.job = job;
        entry.region = &example_region(job % 3);
        entry.message = job < 4 ? fmt::format("mrk-{} is denied by a policy of 111122223333", job)
                                : "is denied by an SCP";
        journal.add(entry);
    }
    const JournalReplay state = good_replay();
    ASSERT_EQ(state.stuck().size(), 2u);
    EXPECT_EQ(state.stuck()[0].jobs, 4u);
    EXPECT_EQ(state.stuck()[0].message.text(), "<key ID> is denied by a policy of 111122223333");
    EXPECT_EQ(state.stuck()[1].jobs, 2u);
    EXPECT_EQ(state.stuck()[1].message.text(), "is denied by an SCP");
    EXPECT_EQ(state.code(5), "AccessDeniedException");
}

TEST_F(JournalReplayTest, groups_by_code_alone_when_there_are_too_many_messages) {
    journal = ExampleJournal::begun(900);
    for (planner::JobIndex job = 0; job < 600; ++job) {
        JobEntry entry = example_entry(JournalEvent::failed, job);
        entry.code = "NewException";
        entry.message = "reason " + std::string(job + 1, 'x');
        journal.add(entry);
    }
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.stuck().size(), 129u);
    EXPECT_EQ(state.stuck().back().code, "NewException");
    EXPECT_EQ(state.stuck().back().message.text(), "");
    EXPECT_EQ(state.stuck().back().jobs, 472u);
    EXPECT_EQ(state.code(599), "NewException");
}

TEST_F(JournalReplayTest, removes_jobs_from_their_group_when_a_rerun_resumes_them) {
    add_stuck(JournalEvent::failed, 1, "TagException");
    add_stuck(JournalEvent::failed, 2, "TagException");
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::done, 1);
    const JournalReplay state = good_replay();
    ASSERT_EQ(state.stuck().size(), 1u);
    EXPECT_EQ(state.stuck()[0].jobs, 1u);
    ASSERT_EQ(state.stuck()[0].examples.size(), 1u);
    EXPECT_EQ(state.stuck()[0].examples[0].job, 2u);
    EXPECT_EQ(state.counts().of(JobPhase::failed), 1u);
}

TEST_F(JournalReplayTest, counts_by_region) {
    journal.add(JournalEvent::done, 0);
    journal.add(JournalEvent::done, 3);
    journal.add(JournalEvent::sent, 1);
    const JournalReplay state = good_replay();
    ASSERT_EQ(state.regions().size(), 3u);
    EXPECT_EQ(state.regions()[0].name, "eu-west-1");
    EXPECT_EQ(state.regions()[0].planned, 10u);
    EXPECT_EQ(state.regions()[0].counts.of(JobPhase::done), 2u);
    EXPECT_EQ(state.regions()[1].counts.of(JobPhase::sent), 1u);
}

TEST_F(JournalReplayTest, a_done_job_is_reopened_by_a_later_run) {
    journal.add(JournalEvent::done, 1);
    journal.add(JournalEvent::sent, 1);
    const JournalReplay sent = good_replay();
    EXPECT_EQ(sent.phase(1), JobPhase::sent);
    EXPECT_EQ(sent.attribution(1), std::nullopt);
    EXPECT_EQ(sent.counts().done(), 0u);
    EXPECT_EQ(sent.counts().of(Attribution::created), 0u);
    ASSERT_TRUE(sent.open_job(1));
    EXPECT_EQ(sent.open_job(1)->attempts, 1);

    add_stuck(JournalEvent::failed, 1, "TagException");
    const JournalReplay failed = good_replay();
    EXPECT_EQ(failed.phase(1), JobPhase::failed);
    EXPECT_EQ(failed.stuck().size(), 1u);
    EXPECT_EQ(failed.open_jobs(), 0u);
}

TEST_F(JournalReplayTest, a_reason_does_not_reopen_a_done_job) {
    journal.add(JournalEvent::done, 1);
    add_stuck(JournalEvent::pending, 1, "ThrottlingException");
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.phase(1), JobPhase::done);
    EXPECT_TRUE(state.pending().empty());
}

TEST_F(JournalReplayTest, a_repeated_record_changes_nothing) {
    for (const bool twice : {false, true}) {
        journal = ExampleJournal::begun(30);
        for (int time = 0; time < (twice ? 2 : 1); ++time) {
            journal.add(JournalEvent::sent, 1);
        }
        for (int time = 0; time < (twice ? 2 : 1); ++time) {
            add_stuck(JournalEvent::unknown, 1, "KMSInternalException");
        }
        const JournalReplay state = good_replay();
        EXPECT_EQ(state.counts().of(JobPhase::unknown), 1u);
        EXPECT_EQ(state.open_job(1)->attempts, 1);
        EXPECT_EQ(state.stuck()[0].jobs, 1u);
        EXPECT_EQ(state.stuck()[0].examples.size(), 1u);
    }
}

TEST_F(JournalReplayTest, lists_its_runs_and_how_they_ended) {
    journal.encoder.append(journal.bytes,
                           kExampleTime + std::chrono::seconds(3),
                           example_entry(JournalEvent::sent, 1));
    JournalRun second = example_run();
    second.pid = 4712;
    journal.encoder.append(journal.bytes, kExampleTime + std::chrono::hours(1), second);
    journal.encoder.append_end(
        journal.bytes, kExampleTime + std::chrono::hours(1) + std::chrono::seconds(7), "finished");
    const JournalReplay state = good_replay();
    ASSERT_EQ(state.runs().size(), 2u);
    EXPECT_EQ(state.runs()[0].end, "") << "the run was killed";
    EXPECT_EQ(state.runs()[1].end, "finished");
    EXPECT_EQ(state.runs()[1].process.pid, 4712);
    EXPECT_EQ(state.active(), std::chrono::seconds(10));
    EXPECT_TRUE(state.ended());
}

TEST_F(JournalReplayTest, keeps_a_bounded_number_of_runs_but_counts_all) {
    for (std::size_t run = 0; run < kReplayedRunsMax + 10; ++run) {
        journal.encoder.append(journal.bytes, kExampleTime, example_run());
        journal.encoder.append_end(
            journal.bytes, kExampleTime + std::chrono::seconds(1), "finished");
    }
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.runs().size(), kReplayedRunsMax);
    EXPECT_EQ(state.runs_total(), kReplayedRunsMax + 11);
    EXPECT_EQ(state.active(), std::chrono::seconds(kReplayedRunsMax + 10));
}

TEST_F(JournalReplayTest, refuses_jobs_outside_the_plan) {
    journal.add(JournalEvent::sent, 30);
    replay();
    EXPECT_EQ(scan.state, JournalState::not_understood);
    EXPECT_EQ(scan.problem, "record 2: it names job 30, but the plan has only 30 jobs");
}

TEST_F(JournalReplayTest, refuses_a_job_that_changes_its_region) {
    journal.add(JournalEvent::sent, 0);
    journal.add(JobEntry(JournalEvent::accepted, 0, example_key(), example_region(1)));
    replay();
    EXPECT_EQ(scan.state, JournalState::not_understood);
}

TEST_F(JournalReplayTest, accepts_regions_not_listed_in_the_header) {
    const io::Region other = io::Region::parse("sa-east-1").value();
    journal.add(JobEntry(JournalEvent::sent, 0, example_key(), other));
    const JournalReplay state = good_replay();
    ASSERT_EQ(state.regions().size(), 4u);
    EXPECT_EQ(state.regions()[3].name, "sa-east-1");
    EXPECT_EQ(state.regions()[3].planned, 0u);
}

TEST_F(JournalReplayTest, merges_codes_when_there_are_too_many) {
    journal = ExampleJournal::begun(900);
    for (planner::JobIndex job = 0; job < 600; ++job) {
        add_stuck(JournalEvent::failed, job, "Code" + std::to_string(job));
    }
    const JournalReplay state = good_replay();
    EXPECT_EQ(state.stuck().size(), 256u);
    EXPECT_EQ(state.stuck().back().code, "(other codes)");
    EXPECT_EQ(state.stuck().back().jobs, 345u);
}

}  // namespace
}  // namespace keyferry::engine
