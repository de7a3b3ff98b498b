// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/header.hpp"
#include "engine/run/job_entries.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_run.hpp"

#include <gtest/gtest.h>

namespace keyferry::engine {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// The journal of a process that was killed at `sent_at`, when the outcomes of all jobs of `plan`
/// were unknown.
std::string journal_in_doubt(const planner::Plan& plan, io::WallTime sent_at) {
    JournalEncoder encoder(JournalTail{});
    std::string bytes;
    encoder.append(bytes, sent_at, journal_header(plan, "keyferry test", true));
    encoder.append(bytes, sent_at, run_of_this_process("keyferry test", ""));
    for (planner::JobIndex job = 0; job < plan.jobs.size(); ++job) {
        JobEntry sent = job_entry(plan, JournalEvent::sent, job);
        sent.attempt = 1;
        encoder.append(bytes, sent_at, sent);
    }
    return bytes;
}

io::WallTime wall_at_start() {
    boost::asio::io_context io;
    return io::VirtualClock(io).wall_now();
}

TEST(ResumedRun, describes_each_primary_once_for_all_its_unresolved_jobs) {
    const planner::Plan plan = plan_of(10);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file(journal_in_doubt(plan, wall_at_start()));
    VirtualRun run(plan, kms, file, io::Moment{} + minutes(10));
    run.run_until(io::Moment{} + minutes(10) + seconds(1));
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::describe_key), 10U);
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::created), 30U);
    expect_each_replica_once(kms, plan);
}

TEST(ResumedRun, describes_listed_replicas_and_creates_the_others) {
    const planner::Plan plan = plan_of(10);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    const std::string journal = journal_in_doubt(plan, wall_at_start());
    {
        io::MemoryAppendFile of_the_dead;
        VirtualRun dead(plan, kms, of_the_dead);
        dead.run_until(io::Moment{} + seconds(3));
    }
    const std::uint64_t made = kms.ledger().effects(simulator::EffectKind::replica_created);
    ASSERT_GT(made, 5U);
    io::MemoryAppendFile file(journal);
    VirtualRun run(plan, kms, file, io::Moment{} + minutes(10));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::created_reconciled), made);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::created), 30 - made);
    expect_each_replica_once(kms, plan);
}

TEST(ResumedRun, starts_with_jobs_that_have_not_been_attempted) {
    const planner::Plan plan = fleet_plan(20, {"eu-west-1"}, "");
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    JournalEncoder encoder(JournalTail{});
    std::string bytes;
    encoder.append(bytes, wall_at_start(), journal_header(plan, "keyferry test", true));
    encoder.append(bytes, wall_at_start(), run_of_this_process("keyferry test", ""));
    for (planner::JobIndex job = 0; job < 8; ++job) {
        JobEntry sent = job_entry(plan, JournalEvent::sent, job);
        sent.attempt = 1;
        encoder.append(bytes, wall_at_start(), sent);
        encoder.append(bytes, wall_at_start(), job_entry(plan, JournalEvent::deferred, job));
    }
    io::MemoryAppendFile file(bytes);
    VirtualRun run(plan, kms, file, io::Moment{} + minutes(10));
    EXPECT_EQ(run.run(), RunEnd::finished);
    std::vector<std::string> sent;
    for (const simulator::LedgerEntry& entry : kms.ledger().entries()) {
        if (entry.operation == "ReplicateKey") {
            sent.push_back(entry.key);
        }
    }
    ASSERT_EQ(sent.size(), 20U);
    for (std::size_t place = 0; place < sent.size(); ++place) {
        const bool is_tried = sent[place] < plan.keys[8].primary.text();
        EXPECT_EQ(is_tried, place >= 12) << sent[place];
    }
}

TEST(ResumedRun, waits_for_a_recent_request_to_take_effect) {
    const planner::Plan plan = plan_of(1);
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    io::MemoryAppendFile file(journal_in_doubt(plan, wall_at_start()));
    VirtualRun run(plan, kms, file, io::Moment{} + seconds(1));
    run.run_until(io::Moment{} + seconds(30));
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::replicate_key), 0U);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::describe_key), 4U)
        << "immediately, and after 1, 3 and 10 s";
    EXPECT_EQ(run.run(), RunEnd::finished);
    expect_each_replica_once(kms, plan);
}

TEST(ResumedRun, rejects_a_record_with_another_jobs_name) {
    const planner::Plan plan = plan_of(2);
    for (const bool is_region : {false, true}) {
        JournalEncoder encoder(JournalTail{});
        std::string bytes;
        encoder.append(bytes, wall_at_start(), journal_header(plan, "keyferry test", true));
        JobEntry done = job_entry(plan, JournalEvent::done, is_region ? 1 : 4);
        done.job = 0;
        done.attribution = Attribution::created;
        encoder.append(bytes, wall_at_start(), done);
        io::MemoryAppendFile file(bytes);
        const auto started = start_journal(file,
                                           journal_header(plan, "keyferry test", true),
                                           run_of_this_process("keyferry test", ""),
                                           wall_at_start(),
                                           "fleet.journal",
                                           nullptr,
                                           &plan);
        ASSERT_FALSE(started);
        EXPECT_EQ(started.error().kind, JournalProblem::Kind::unusable);
        EXPECT_NE(started.error().text.find("record 1"), std::string::npos);
        EXPECT_NE(started.error().text.find("job 0"), std::string::npos);
        EXPECT_EQ(file.content(), bytes);
    }
}

TEST(ResumedRun, leaves_jobs_unknown_when_describe_is_denied) {
    const planner::Plan plan = plan_of(2);
    simulator::SimulatedKms kms(with_faults("DescribeKey.denied=1"));
    fill(kms, plan);
    io::MemoryAppendFile file(journal_in_doubt(plan, wall_at_start()));
    VirtualRun run(plan, kms, file, io::Moment{} + minutes(10));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(JobPhase::unknown), 6U);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::replicate_key), 0U)
        << "the run does not send requests based on a guess";
}

TEST(ResumedRun, ends_all_jobs_of_a_key_with_its_abandoned_endpoint) {
    const planner::Plan plan = plan_of(2);
    simulator::SimulatedKms kms(with_faults("us-east-1/down=1"));
    fill(kms, plan);
    io::MemoryAppendFile file(journal_in_doubt(plan, wall_at_start()));
    VirtualRun run(plan, kms, file, io::Moment{} + minutes(10));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(JobPhase::unknown), 6U);
}

TEST(ResumedRun, claims_its_own_sends_without_recorded_sends) {
    const planner::Plan plan = plan_of(10);
    simulator::SimulatedKms kms(with_faults("ReplicateKey.lost=1"));
    fill(kms, plan);
    JournalEncoder encoder(JournalTail{});
    std::string bytes;
    encoder.append(bytes, wall_at_start(), journal_header(plan, "keyferry test", true));
    JournalLoss loss;
    loss.bytes = 700;
    encoder.append(bytes, wall_at_start(), loss);
    io::MemoryAppendFile file(bytes);
    VirtualRun run(plan, kms, file, io::Moment{} + minutes(10));
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::existed), 0U)
        << "all were sent by this run";
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::created_reconciled), 30U);
    expect_each_replica_once(kms, plan);
}

TEST(ResumedRun, attributes_replicas_by_the_kms_clock) {
    const planner::Plan plan = plan_of(10);
    simulator::SimulatedKms kms(with_faults("lost=0.5@0s..60s"));
    fill(kms, plan);
    io::MemoryAppendFile file;
    simulator::SimulatorClientSettings settings;
    // according to our clock, every replica was created before it was requested
    settings.clock_ahead = -minutes(4);
    VirtualRun run(plan, kms, file, io::Moment{}, nullptr, settings);
    EXPECT_EQ(run.run(), RunEnd::finished);
    EXPECT_GT(run.executor().progress().ended.of(Attribution::created_reconciled), 0U);
    EXPECT_EQ(run.executor().progress().ended.of(Attribution::existed), 0U)
        << "no other caller created a replica";
}

/// A fleet that an earlier run has replicated.
class RerunAfterSurvey : public ::testing::Test {
  protected:
    RerunAfterSurvey() : kms(quiet()) {
        fill(kms, plan);
        VirtualRun first(plan, kms, file);
        EXPECT_EQ(first.run(), RunEnd::finished);
        ended_at = first.clock().now();
    }
    /// Starts another run `later`, whose survey found `reason` for all jobs, and runs it to
    /// completion.
    Progress rerun(planner::ActionReason reason, std::chrono::milliseconds later) {
        const planner::PlanReview review = survey_of(plan, reason);
        VirtualRun run(plan, kms, file, ended_at + later);
        run.executor().use_survey(review);
        EXPECT_EQ(run.run(), RunEnd::finished);
        ended_at = run.clock().now();
        return run.executor().progress();
    }
    bool remove_replica(planner::JobIndex job) {
        return kms.model().remove_key(planner::replica_arn(plan, plan.jobs[job]));
    }

    planner::Plan plan = plan_of(2);
    simulator::SimulatedKms kms;
    io::MemoryAppendFile file;
    io::Moment ended_at{};
};

TEST_F(RerunAfterSurvey, keeps_done_replicas_that_the_survey_does_not_list) {
    for (const auto reason :
         {planner::ActionReason::absent, planner::ActionReason::primary_disabled}) {
        const Progress progress = rerun(reason, seconds(1));
        EXPECT_EQ(progress.ended.of(Attribution::created), 6U) << name_of(reason);
        EXPECT_EQ(progress.unchecked, 0U);
    }
    expect_each_replica_once(kms, plan);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::replicate_key), 6U);
    EXPECT_EQ(file.content().find(kReplicaMissing), std::string::npos);
}

TEST_F(RerunAfterSurvey, creates_replicas_that_no_longer_exist) {
    ASSERT_TRUE(remove_replica(1));
    const Progress progress = rerun(planner::ActionReason::absent, minutes(5));
    EXPECT_EQ(progress.ended.of(Attribution::created), 6U);
    EXPECT_EQ(progress.unchecked, 0U);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::replicate_key), 7U);
    EXPECT_NE(file.content().find(kReplicaMissing), std::string::npos);
}

TEST_F(RerunAfterSurvey, blocks_jobs_whose_replicas_no_longer_exist) {
    ASSERT_TRUE(remove_replica(1));
    const Progress progress = rerun(planner::ActionReason::primary_disabled, minutes(5));
    EXPECT_EQ(progress.ended.of(Attribution::created), 5U);
    EXPECT_EQ(progress.ended.of(JobPhase::blocked), 1U);
    EXPECT_EQ(progress.unchecked, 0U);
    EXPECT_EQ(kms.ledger().requests(io::KmsApi::replicate_key), 6U);
}

}  // namespace
}  // namespace keyferry::engine
