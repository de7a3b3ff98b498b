// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/replan.hpp"

#include "engine/journal/read/header.hpp"
#include "engine/journal/read/scan_file.hpp"
#include "engine/run/job_entries.hpp"
#include "engine/run/resume.hpp"
#include "io/file/memory_append_file.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_run.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace keyferry::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kRegions{"eu-central-1", "eu-west-1"};

class ReplanJournal : public testing::Test {
  protected:
    ReplanJournal() {
        encoder.append(bytes, kExampleTime, header_of(before));
        encoder.append(bytes, kExampleTime, example_run());
    }
    static JournalHeader header_of(const planner::Plan& plan, bool simulated = false) {
        return journal_header(plan, "keyferry 0.1.0", simulated);
    }
    void add(JournalEvent event, planner::JobIndex job) {
        JobEntry entry = job_entry(before, event, job);
        if (event == JournalEvent::sent) {
            entry.attempt = 1;
            entry.request_digest =
                planner::request_digest(planner::replicate_request(before, before.jobs[job]));
        }
        if (event == JournalEvent::done) {
            entry.attribution = Attribution::created;
        }
        encoder.append(bytes, kExampleTime, entry);
    }
    JournalResult<PlanDifference> replan(const planner::Plan& plan, bool simulated = false) {
        io::MemoryAppendFile from(bytes);
        io::MemoryAppendFile to;
        auto result = replan_journal(
            from, to, plan, header_of(plan, simulated), kExampleTime, "fleet.journal");
        replanned = to.durable_content();
        return result;
    }
    JournalReplay replay() const {
        io::MemoryAppendFile file(replanned);
        JournalReplay result;
        JournalScan scan;
        EXPECT_FALSE(replay_journal(file, result, scan));
        EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
        return result;
    }

    planner::Plan before = fleet_plan(4, kRegions, "");  // jobs 0 to 7, two per key
    JournalEncoder encoder{JournalTail{}};
    std::string bytes;
    std::string replanned;
};

TEST_F(ReplanJournal, renumbers_jobs_of_both_plans) {
    add(JournalEvent::done, 0);  // key 1 to eu-central-1
    add(JournalEvent::sent, 3);  // key 2 to eu-west-1
    const planner::Plan plan = fleet_plan(4, {"ap-south-1", "eu-central-1", "eu-west-1"}, "");
    const auto difference = replan(plan);
    ASSERT_TRUE(difference) << difference.error().text;
    const JournalReplay state = replay();
    EXPECT_EQ(state.header(), header_of(plan));
    EXPECT_EQ(state.phase(1), JobPhase::done);
    EXPECT_EQ(state.phase(5), JobPhase::sent);
    EXPECT_EQ(state.region_of(1), "eu-central-1");
    EXPECT_EQ(state.open_job(5)->first_sent, kExampleTime);
    EXPECT_EQ(difference->carried, 2U);
    EXPECT_EQ(difference->carried_done, 1U);
    EXPECT_EQ(difference->dropped, 0U);
    EXPECT_EQ(difference->not_begun(), 10U);
}

TEST_F(ReplanJournal, drops_jobs_not_in_the_plan_and_names_unresolved_ones) {
    add(JournalEvent::done, 0);
    add(JournalEvent::done, 1);
    add(JournalEvent::sent, 3);
    add(JournalEvent::failed, 5);
    const auto difference = replan(fleet_plan(4, {"eu-central-1"}, ""));
    ASSERT_TRUE(difference) << difference.error().text;
    EXPECT_EQ(difference->carried, 1U);
    EXPECT_EQ(difference->dropped, 3U);
    EXPECT_EQ(difference->dropped_done, 1U);
    EXPECT_EQ(difference->dropped_in_doubt, 1U);
    ASSERT_EQ(difference->dropped_in_doubt_named.size(), 1U);
    EXPECT_EQ(difference->dropped_in_doubt_named[0].key, before.keys[1].primary.text());
    EXPECT_EQ(difference->dropped_in_doubt_named[0].region, "eu-west-1");
    EXPECT_EQ(replay().counts().of(JobPhase::done), 1U);
    EXPECT_THAT(replanned, testing::Not(HasSubstr("\"region\":\"eu-west-1\",")));
}

TEST_F(ReplanJournal, leaves_out_a_torn_tail_and_reports_it) {
    add(JournalEvent::done, 0);
    bytes += "{\"n\":3,";
    const auto difference = replan(fleet_plan(5, kRegions, ""));
    ASSERT_TRUE(difference) << difference.error().text;
    EXPECT_EQ(difference->torn_bytes, 7U);
    EXPECT_EQ(replay().phase(0), JobPhase::done);
}

TEST_F(ReplanJournal, reports_the_difference_by_region) {
    add(JournalEvent::done, 0);
    add(JournalEvent::done, 1);
    const auto difference = replan(fleet_plan(5, {"ap-south-1", "eu-central-1"}, ""));
    ASSERT_TRUE(difference);
    ASSERT_EQ(difference->regions.size(), 3U);
    EXPECT_EQ(difference->regions[0].name, "ap-south-1");
    EXPECT_EQ(difference->regions[0].jobs, 5U);
    EXPECT_EQ(difference->regions[1].carried, 1U);
    EXPECT_EQ(difference->regions[2].jobs_before, 4U);
    EXPECT_EQ(difference->regions[2].dropped, 1U);
}

TEST_F(ReplanJournal, keeps_jobs_whose_values_to_copy_are_unknown) {
    add(JournalEvent::sent, 0);
    add(JournalEvent::failed, 0);
    planner::Plan plan = fleet_plan(5, kRegions, "");
    plan.groups.at(0).parameters.copied.policy = true;
    const auto difference = replan(plan);
    ASSERT_TRUE(difference) << difference.error().text;
    EXPECT_EQ(difference->carried, 1U);
    EXPECT_EQ(replay().phase(0), JobPhase::failed);
}

TEST_F(ReplanJournal, records_the_previous_plan) {
    add(JournalEvent::done, 0);
    add(JournalEvent::done, 1);
    ASSERT_TRUE(replan(fleet_plan(4, {"eu-central-1"}, "")));
    const JournalReplay state = replay();
    ASSERT_EQ(state.rewrites().size(), 1U);
    const JournalRewrite& rewrite = state.rewrites()[0];
    EXPECT_EQ(rewrite.how, JournalRewrite::How::replanned);
    EXPECT_EQ(rewrite.jobs_carried, 1U);
    EXPECT_EQ(rewrite.jobs_dropped, 1U);
    EXPECT_EQ(rewrite.jobs_not_begun, 3U);
    EXPECT_EQ(rewrite.plan_sha256_before, before.sha256);
    EXPECT_EQ(state.runs_total(), 1U);
}

TEST_F(ReplanJournal, counts_replicas_created_with_other_parameters) {
    for (const planner::JobIndex job : {0U, 1U, 2U}) {
        add(JournalEvent::sent, job);
    }
    add(JournalEvent::done, 0);
    planner::Plan plan = fleet_plan(4, kRegions, "");
    plan.groups[0].parameters.description = "another";
    plan.sha256 = std::string(64, 'f');
    const auto difference = replan(plan);
    ASSERT_TRUE(difference);
    EXPECT_EQ(difference->changed_done, 1U);
    EXPECT_EQ(difference->changed_open, 2U);
    EXPECT_EQ(replay().phase(0), JobPhase::done);
}

TEST_F(ReplanJournal, restarts_failed_jobs_with_a_changed_request) {
    add(JournalEvent::sent, 0);
    add(JournalEvent::failed, 0);
    const planner::Plan same = fleet_plan(5, kRegions, "");
    ASSERT_TRUE(replan(same));
    EXPECT_EQ(replay().phase(0), JobPhase::failed) << "the same request gives the same result";
    planner::Plan corrected = same;
    corrected.groups[0].parameters.description = "another";
    const auto difference = replan(corrected);
    ASSERT_TRUE(difference);
    EXPECT_EQ(difference->started_over, 1U);
    EXPECT_EQ(replay().phase(0), JobPhase::not_started);
}

TEST_F(ReplanJournal, keeps_jobs_unresolved_when_records_are_lost) {
    add(JournalEvent::done, 0);
    JournalLoss loss;
    loss.bytes = 1;
    encoder.append(bytes, kExampleTime, loss);
    ASSERT_TRUE(replan(fleet_plan(5, kRegions, "")));
    const JournalReplay state = replay();
    EXPECT_EQ(resume_as(state.phase(7), state.open_job(7), false), ResumeAs::in_progress);
}

TEST_F(ReplanJournal, counts_possibly_sent_unnamed_jobs_when_records_are_lost) {
    add(JournalEvent::done, 0);
    add(JournalEvent::sent, 1);
    encoder.append(bytes, kExampleTime, JournalLoss{.bytes = 700, .records = 2});
    // Three jobs in eu-central-1 have no records, and the plan has two keys there; in eu-west-1,
    // all jobs have records.
    const auto difference = replan(fleet_plan(3, {"eu-central-1"}, ""));
    ASSERT_TRUE(difference) << difference.error().text;
    EXPECT_EQ(difference->dropped, 1U);
    EXPECT_EQ(difference->dropped_in_doubt, 1U);
    EXPECT_EQ(difference->unnamed_in_doubt, 6U);
    EXPECT_EQ(difference->unnamed_dropped_min, 1U + 3U);
}

TEST_F(ReplanJournal, counts_only_certainly_dropped_jobs_when_records_are_lost) {
    add(JournalEvent::done, 0);
    encoder.append(bytes, kExampleTime, JournalLoss{.bytes = 700, .records = 2});
    const auto difference = replan(fleet_plan(5, kRegions, ""));
    ASSERT_TRUE(difference) << difference.error().text;
    EXPECT_EQ(difference->unnamed_in_doubt, 7U)
        << "any key of the previous plan may have been dropped";
    EXPECT_EQ(difference->unnamed_dropped_min, 0U);
}

TEST_F(ReplanJournal, keeps_jobs_without_records_resolved_when_none_are_lost) {
    add(JournalEvent::done, 0);
    const auto difference = replan(fleet_plan(3, {"eu-central-1"}, ""));
    ASSERT_TRUE(difference) << difference.error().text;
    EXPECT_EQ(difference->unnamed_in_doubt, 0U);
    EXPECT_EQ(difference->unnamed_dropped_min, 0U);
}

TEST_F(ReplanJournal, refuses_simulated_journals_other_partitions_and_other_fleets) {
    add(JournalEvent::done, 0);
    EXPECT_THAT(replan(before, true).error().text, HasSubstr("simulated"));
    planner::Plan other = fleet_plan(4, {"ap-south-1"}, "");
    ASSERT_TRUE(replan(other)) << "all primaries may have moved";
    other.fleet_name = "another";
    const auto refused = replan(other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, JournalProblem::Kind::other_plan);
    EXPECT_THAT(refused.error().text, HasSubstr("none of these jobs"));
    JournalHeader header = header_of(before);
    header.partition = "aws-cn";
    io::MemoryAppendFile from(bytes);
    io::MemoryAppendFile to;
    EXPECT_THAT(replan_journal(from, to, before, header, kExampleTime, "j").error().text,
                HasSubstr("partition"));
}

TEST_F(ReplanJournal, reports_every_read_and_write_failure) {
    add(JournalEvent::done, 0);
    const planner::Plan plan = fleet_plan(5, kRegions, "");
    for (const bool reading : {true, false}) {
        for (std::uint64_t nth = 1;; ++nth) {
            io::MemoryAppendFile from(bytes);
            io::MemoryAppendFile to;
            (reading ? from : to).fail_nth(nth, EIO, io::MemoryAppendFile::Lasting::once);
            const auto result =
                replan_journal(from, to, plan, header_of(plan), kExampleTime, "fleet.journal");
            if (nth > (reading ? from : to).operations()) {
                EXPECT_TRUE(result);
                break;
            }
            EXPECT_FALSE(result) << nth;
        }
    }
}

TEST(ReplannedRun, creates_missing_replicas_and_none_twice) {
    const planner::Plan before = fleet_plan(10, kRegions, "");
    simulator::SimulatedKms kms(quiet());
    io::MemoryAppendFile file;
    const planner::Plan plan = fleet_plan(12, {"ap-south-1", "eu-central-1", "eu-west-1"}, "");
    fill(kms, plan);
    {
        VirtualRun killed(before, kms, file);
        killed.run_until(io::Moment{} + std::chrono::seconds(3));
    }
    ASSERT_GT(kms.ledger().effects(simulator::EffectKind::replica_created), 2U);
    io::MemoryAppendFile from(file.durable_content());
    io::MemoryAppendFile to;
    const auto difference = replan_journal(
        from, to, plan, journal_header(plan, "keyferry test", true), kExampleTime, "fleet.journal");
    ASSERT_TRUE(difference) << difference.error().text;
    EXPECT_GT(difference->carried, 2U);
    VirtualRun rerun(plan, kms, to, io::Moment{} + std::chrono::minutes(10));
    EXPECT_EQ(rerun.run(), RunEnd::finished);
    expect_each_replica_once(kms, plan);
}

}  // namespace
}  // namespace keyferry::engine
