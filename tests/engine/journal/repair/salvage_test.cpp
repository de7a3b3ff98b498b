// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/salvage.hpp"

#include "engine/job/job_steps.hpp"
#include "tests/engine/support/damaged_journal.hpp"
#include "tests/engine/support/simulated_fleet.hpp"
#include "tests/engine/support/virtual_run.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace keyferry::engine {
namespace {

using Kind = JournalProblem::Kind;

TEST_F(SalvageJournal, carries_over_all_records_but_the_damaged_one) {
    fill_journal();
    const Salvaged salvaged(damaged(6));  // the `sent` record of job 5
    EXPECT_EQ((*salvaged).records, 11U);
    EXPECT_EQ((*salvaged).records_lost, 1U);
    EXPECT_EQ(scan_of(salvaged.bytes).state, JournalState::whole);
    EXPECT_EQ(salvaged.replay().phase(5), JobPhase::done);
    EXPECT_EQ(salvaged.replay().phase(8), JobPhase::done);
}

TEST_F(SalvageJournal, reports_missing_records) {
    fill_journal();
    const std::size_t begin = line_start(journal.bytes, 6);
    const Salvaged salvaged(damaged(6));
    ASSERT_EQ((*salvaged).ranges.size(), 1U);
    const LostRange& range = (*salvaged).ranges.front();
    EXPECT_EQ(range.offset, begin);
    EXPECT_EQ(range.offset + range.bytes, line_start(journal.bytes, 7));
    EXPECT_EQ(range.first_record, 6U);
    EXPECT_EQ(range.records, 1U);
    EXPECT_EQ(range.before, kExampleTime);
}

TEST_F(SalvageJournal, marks_jobs_of_a_lost_record_as_unresolved) {
    fill_journal();
    const Salvaged salvaged(damaged(9));  // the `accepted` record of job 6
    for (const planner::JobIndex job : {0U, 2U, 3U, 4U, 6U, 29U}) {
        EXPECT_EQ(salvaged.resumed(job), ResumeAs::in_progress) << job;
    }
    for (const planner::JobIndex job : {1U, 5U, 8U}) {
        EXPECT_EQ(salvaged.resumed(job), ResumeAs::finished) << job;
    }
    EXPECT_EQ(salvaged.resumed(7), ResumeAs::not_started) << "a record after the damage shows this";
    EXPECT_EQ((*salvaged).jobs_in_doubt, 26U);
}

TEST_F(SalvageJournal, assumes_lost_sends_at_the_time_of_the_salvage) {
    fill_journal();
    const io::WallTime now = kExampleTime + std::chrono::hours(3);
    const Salvaged salvaged(damaged(9), now);
    // Job 0 has no record, jobs 2 and 6 were sent and possibly resent, and job 4 failed and was
    // possibly restarted.
    for (const planner::JobIndex job : {0U, 2U, 6U, 4U}) {
        ASSERT_TRUE(salvaged.replay().open_job(job)) << job;
        EXPECT_EQ(salvaged.replay().open_job(job)->last_sent, now) << job;
    }
    EXPECT_EQ(salvaged.replay().open_job(2)->first_sent, kExampleTime);
    EXPECT_EQ(salvaged.replay().open_job(0)->first_sent, kNoSendOnRecord);
}

TEST_F(SalvageJournal, gives_possibly_sent_jobs_the_full_doubt_timeout) {
    fill_journal();
    const io::WallTime now = kExampleTime + std::chrono::hours(3);
    const Salvaged salvaged(damaged(9), now);
    const planner::WaitSettings wait;
    const auto looks_before = [&](io::WallTime at) {
        return resumed_job(*salvaged.replay().open_job(0), at, wait).absent_polls;
    };
    EXPECT_EQ(looks_before(now + std::chrono::seconds(1)), 0);
    EXPECT_GT(looks_before(now + wait.doubt_timeout + std::chrono::seconds(1)), 0);
}

TEST_F(SalvageJournal, records_that_the_journal_was_salvaged) {
    fill_journal();
    const Salvaged salvaged(damaged(6));
    const JournalRewrite& rewrite = salvaged.replay().rewrites().at(0);
    EXPECT_EQ(rewrite.how, JournalRewrite::How::salvaged);
    EXPECT_EQ(rewrite.records_before, 11U);
    EXPECT_EQ(rewrite.records_lost, 1U);
    EXPECT_EQ(salvaged.replay().loss().records, 1U);
    EXPECT_EQ(salvaged.replay().header(), example_header(30));
}

TEST_F(SalvageJournal, treats_a_damaged_end_as_lost_records) {
    fill_journal();
    std::string bytes = damaged(6);
    bytes += "{\"n\":12,\"k\":12,";
    const Salvaged salvaged(bytes);
    EXPECT_TRUE((*salvaged).end_is_lost);
    EXPECT_EQ(salvaged.resumed(7), ResumeAs::in_progress);
}

TEST_F(SalvageJournal, treats_a_zeroed_second_half_as_lost_records) {
    fill_journal();
    const Salvaged salvaged(journal.bytes + std::string(kTornTailBytesMax + 1, '\0'));
    ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
    EXPECT_EQ((*salvaged).records, 12U);
    EXPECT_TRUE((*salvaged).end_is_lost);
    EXPECT_EQ((*salvaged).bytes_lost, kTornTailBytesMax + 1);
    for (const planner::JobIndex job : {0U, 2U, 3U, 4U, 6U, 7U, 29U}) {
        EXPECT_EQ(salvaged.resumed(job), ResumeAs::in_progress) << job;
    }
    EXPECT_EQ(salvaged.resumed(8), ResumeAs::finished);
}

TEST_F(SalvageJournal, leaves_out_records_that_contradict_earlier_ones) {
    fill_journal();
    JobEntry elsewhere(
        JournalEvent::done, 2, *named_entry(JournalEvent::done, 2).primary, example_region(1));
    journal.batch();
    journal.add(elsewhere);  // job 2 was in another Region
    add(JournalEvent::done, 9);
    const Salvaged salvaged(journal.bytes);
    EXPECT_EQ(salvaged.replay().phase(2), JobPhase::sent);
    EXPECT_EQ(salvaged.replay().phase(9), JobPhase::done);
    EXPECT_EQ((*salvaged).ranges.at(0).first_record, 12U);
}

TEST_F(SalvageJournal, refuses_intact_journals_and_missing_headers) {
    fill_journal();
    EXPECT_EQ(Salvaged(journal.bytes).result->error().kind, Kind::not_needed);
    EXPECT_EQ(Salvaged(journal.bytes + "{\"n\":12,").result->error().kind, Kind::not_needed);
    EXPECT_EQ(Salvaged(damaged(0)).result->error().kind, Kind::unusable);
    EXPECT_EQ(Salvaged("my notes\n").result->error().kind, Kind::unusable);
    const Salvaged changed(with_changed(journal.bytes, 0, "payments", "invoices"));
    EXPECT_EQ(changed.result->error().kind, Kind::unusable);
}

/// Damages every third byte, and removes or overwrites ranges of records.
TEST_F(SalvageJournal, rerun_never_sends_without_a_check_or_claims_existing_replicas) {
    fill_journal();
    io::MemoryAppendFile file(journal.bytes);
    JournalReplay truth;
    JournalScan scan;
    ASSERT_FALSE(replay_journal(file, truth, scan));
    int salvages = 0;
    const auto check = [&](const std::string& bytes) {
        const Salvaged salvaged(bytes);
        if (!*salvaged.result) {
            return;  // the result is rejected, so no run uses it
        }
        ++salvages;
        for (planner::JobIndex job = 0; job < 30; ++job) {
            const std::optional<OpenJob> open = truth.open_job(job);
            const bool may_exist = truth.phase(job) == JobPhase::done || open.has_value();
            EXPECT_FALSE(may_exist && salvaged.resumed(job) == ResumeAs::not_started) << job;
            EXPECT_FALSE(salvaged.replay().phase(job) == JobPhase::done &&
                         truth.phase(job) != JobPhase::done)
                << job;
            const std::optional<OpenJob> left = salvaged.replay().open_job(job);
            if (left && open) {
                EXPECT_GE(left->first_sent, open->first_sent) << job;
            }
        }
    };
    for (std::size_t at = line_start(journal.bytes, 1); at < journal.bytes.size(); at += 3) {
        std::string bytes = journal.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
        check(bytes);
    }
    for (int from = 1; from < 12; ++from) {
        for (int to = from + 1; to < 12; ++to) {
            const std::size_t begin = line_start(journal.bytes, from);
            const std::size_t end = line_start(journal.bytes, to);
            check(journal.bytes.substr(0, begin) + journal.bytes.substr(end));
            check(journal.bytes.substr(0, begin) + std::string(end - begin, '\0') +
                  journal.bytes.substr(end));
        }
    }
    EXPECT_GT(salvages, 500);
}

TEST(SalvagedRun, creates_every_replica_once_and_claims_none_without_evidence) {
    for (std::size_t place = 1; place < 8; ++place) {
        const planner::Plan plan = plan_of(10);
        simulator::SimulatedKms kms(quiet());
        fill(kms, plan);
        io::MemoryAppendFile file;
        {
            VirtualRun killed(plan, kms, file);
            killed.run_until(io::Moment{} + std::chrono::seconds(6));
        }
        std::string bytes = file.durable_content();
        const std::uint64_t made = kms.ledger().effects(simulator::EffectKind::replica_created);
        ASSERT_GT(made, 5U);
        const std::size_t begin = line_start(bytes, 1) + (bytes.size() * place) / 9;
        bytes.replace(begin, 900, 900, '\0');
        const Salvaged salvaged(bytes);
        ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
        io::MemoryAppendFile again(salvaged.bytes);
        VirtualRun rerun(plan, kms, again, io::Moment{} + std::chrono::minutes(10));
        EXPECT_EQ(rerun.run(), RunEnd::finished);
        expect_each_replica_once(kms, plan);
        const Progress progress = rerun.executor().progress();
        EXPECT_EQ(progress.ended.of(Attribution::created) +
                      progress.ended.of(Attribution::created_reconciled) +
                      progress.ended.of(Attribution::existed),
                  30U);
    }
}

}  // namespace
}  // namespace keyferry::engine
