// SPDX-License-Identifier: Apache-2.0
// Undoes syncs that finished, were killed or encountered changes by other callers, in virtual time.
#include "engine/journal/read/scan_file.hpp"
#include "engine/journal/repair/compact.hpp"
#include "engine/journal/repair/replan.hpp"
#include "engine/journal/repair/salvage.hpp"
#include "engine/report/run_document.hpp"
#include "engine/report/run_report.hpp"
#include "engine/sync/recorded_changes.hpp"
#include "planner/report/document_text.hpp"
#include "tests/engine/support/example_journal.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/engine/sync/synced_fleet.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::engine {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Undo, restores_exactly) {
    const planner::Plan plan = stating_plan(5);
    DifferentFleet fleet(plan);
    const SyncedFleet::Contents before = fleet.contents();
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    ASSERT_NE(fleet.contents(), before);
    const planner::UndoPlan undo = fleet.plan_undo({&sync});
    EXPECT_THAT(undo.skipped, IsEmpty());
    io::MemoryAppendFile journal;
    fleet.make(undo.changes, journal, JournalVerb::undo);
    EXPECT_THAT(fleet.failed, IsEmpty());
    EXPECT_EQ(fleet.contents(), before);
    const planner::UndoPlan again = fleet.plan_undo({&sync});
    EXPECT_THAT(again.changes, IsEmpty());
    EXPECT_EQ(again.unchanged, 40U);
}

/// Reads return old values for five seconds after a change.
simulator::SimulatorSettings stale() {
    simulator::SimulatorSettings settings = quiet();
    settings.model.stale =
        simulator::DurationRange{std::chrono::seconds(5), std::chrono::seconds(5)};
    return settings;
}

TEST(Undo, is_not_misled_by_stale_reads) {
    const planner::Plan plan = stating_plan(2);
    DifferentFleet fleet(plan, stale());
    fleet.now += std::chrono::seconds(10);
    const SyncedFleet::Contents before = fleet.contents();
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    EXPECT_THAT(fleet.plan_undo({&sync}).changes, testing::Not(SizeIs(16))) << "stale";
    const planner::UndoPlan undo = fleet.plan_undo({&sync}, std::chrono::seconds(30));
    EXPECT_THAT(undo.skipped, IsEmpty());
    EXPECT_EQ(undo.unchanged, 0U);
    io::MemoryAppendFile journal;
    fleet.make(undo.changes, journal, JournalVerb::undo);
    fleet.now += std::chrono::seconds(10);
    EXPECT_EQ(fleet.contents(), before);
}

TEST(Undo, leaves_changes_of_others_that_it_sees_late_unchanged) {
    const planner::Plan plan = stating_plan(1);
    DifferentFleet fleet(plan, stale());
    fleet.now += std::chrono::seconds(10);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const io::KeyArn replica = planner::replica_arn(plan, plan.jobs.at(0));
    fleet.call(planner::replica_location(plan, plan.jobs.at(0)),
               &io::KmsClient::update_key_description,
               io::UpdateKeyDescriptionRequest(replica.text(), "someone else's"));
    const planner::UndoPlan undo = fleet.plan_undo({&sync}, std::chrono::seconds(30));
    ASSERT_THAT(undo.skipped, SizeIs(1));
    EXPECT_EQ(undo.skipped[0].part, planner::sync_description);
    EXPECT_EQ(undo.unchanged, 0U);
}

TEST(Undo, finds_an_alias_that_its_first_read_does_not_show) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan, stale());
    fleet.now += std::chrono::seconds(10);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const planner::UndoPlan late = fleet.plan_undo({&sync}, std::chrono::seconds(30));
    ASSERT_THAT(late.changes, SizeIs(8));
    io::MemoryAppendFile first;
    fleet.make(late.changes, first, JournalVerb::undo);
    fleet.now += std::chrono::seconds(10);
    io::MemoryAppendFile redo;
    fleet.make(fleet.plan_undo({&first}).changes, redo, JournalVerb::undo);
    io::MemoryAppendFile at_once;
    fleet.make(late.changes, at_once, JournalVerb::undo);
    fleet.now += std::chrono::seconds(10);
    EXPECT_THAT(fleet.contents().at(0).aliases, IsEmpty()) << "DescribeKey showed the alias late";
    EXPECT_THAT(fleet.contents().at(1).aliases, IsEmpty());
}

TEST(Undo, lists_changes_of_a_truncated_journal_that_are_in_effect) {
    const planner::Plan plan = stating_plan(1);
    DifferentFleet fleet(plan);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const std::string content = sync.content();
    io::MemoryAppendFile cut(content.substr(0, content.find(R"("ev":"sent")")));
    planner::SharedTexts texts;
    const RecordedChanges recorded = read_recorded_changes(cut, "(memory)", texts).value();
    EXPECT_THAT(recorded.changes, IsEmpty());
    EXPECT_THAT(recorded.unrecorded, SizeIs(8));
    EXPECT_EQ(recorded.not_made, 0U);
}

TEST(Undo, waits_no_longer_than_reads_can_be_stale) {
    const io::WallTime last{std::chrono::hours(1)};
    const milliseconds visible(30'000);
    EXPECT_EQ(stale_for(last, last + milliseconds(10'000), visible), milliseconds(20'000));
    EXPECT_EQ(stale_for(last, last + std::chrono::hours(1), visible), milliseconds(0));
    EXPECT_EQ(stale_for(last, last - std::chrono::hours(1), visible), visible)
        << "the clock was set back";
}

/// Omits the key state from descriptions, as an emulator might.
class WithoutKeyState final : public PassingClient {
  public:
    using PassingClient::PassingClient;

    boost::asio::awaitable<io::CallOutcome<io::DescribeKeyResult>> describe_key(
        io::AccountRegion place, io::DescribeKeyRequest request) override {
        io::CallOutcome<io::DescribeKeyResult> outcome =
            co_await PassingClient::describe_key(std::move(place), std::move(request));
        std::get<io::CallSuccess<io::DescribeKeyResult>>(outcome)
            .result.key_metadata.key_state.reset();
        co_return outcome;
    }
};

TEST(Undo, does_not_mistake_a_missing_key_state_for_a_change) {
    const planner::Plan plan = fleet_plan(1, {"eu-west-1"}, "");
    simulator::SimulatedKms kms(quiet());
    fill(kms, plan);
    ASSERT_TRUE(kms.model().add_replica(plan.keys[0].primary, plan.regions[0]));
    std::vector<planner::ChangedReplica> replicas;
    replicas.emplace_back(planner::replica_arn(plan, plan.jobs[0]));
    replicas[0]
        .properties.emplace_back(planner::sync_enabled, "")
        .set.push_back(std::make_shared<const std::string>("Enabled"));
    boost::asio::io_context io{1};
    io::VirtualClock clock(io);
    simulator::SimulatorKmsClient client(kms, clock, simulator::SimulatorClientSettings{});
    WithoutKeyState incomplete(client);
    RepeatableCalls calls(plan.settings, incomplete, clock, io.get_executor(), 1);
    SettledReads reads(replicas, calls, clock, milliseconds(0));
    run_work(io, clock, reads.run());
    EXPECT_EQ(reads.values().at(0).enabled, planner::LookupStatus::no_response);
}

TEST(Undo, can_be_undone) {
    const planner::Plan plan = stating_plan(2);
    DifferentFleet fleet(plan);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const SyncedFleet::Contents synced = fleet.contents();
    io::MemoryAppendFile undo;
    fleet.make(fleet.plan_undo({&sync}).changes, undo, JournalVerb::undo);
    io::MemoryAppendFile redo;
    fleet.make(fleet.plan_undo({&undo}).changes, redo, JournalVerb::undo);
    EXPECT_EQ(fleet.contents(), synced);
    EXPECT_THAT(fleet.differences(), IsEmpty());
}

TEST(Undo, restores_exactly_after_a_kill_at_any_time) {
    const planner::Plan plan = stating_plan(6);
    int killed = 0;
    for (int step = 0; step < 60; ++step) {
        DifferentFleet fleet(plan, with_faults("lost=0.05@10m..,internal-after=0.05@10m.."));
        fleet.now = io::Moment(std::chrono::minutes(10));
        const SyncedFleet::Contents before = fleet.contents();
        io::MemoryAppendFile sync;
        killed +=
            fleet.make_until_killed(fleet.differences(), sync, milliseconds(37 * step)) ? 0 : 1;
        io::MemoryAppendFile undo;
        fleet.make(fleet.plan_undo({&sync}).changes, undo, JournalVerb::undo);
        ASSERT_THAT(fleet.failed, IsEmpty());
        ASSERT_EQ(fleet.contents(), before) << "killed after " << 37 * step << " ms";
    }
    EXPECT_GE(killed, 40);
}

TEST(Undo, next_sync_continues_after_a_kill_and_both_are_undone) {
    const planner::Plan plan = stating_plan(6);
    for (const int ms : {40, 200, 400, 600}) {
        DifferentFleet fleet(plan);
        const SyncedFleet::Contents before = fleet.contents();
        const auto differences = fleet.differences();
        io::MemoryAppendFile first;
        ASSERT_FALSE(fleet.make_until_killed(differences, first, milliseconds(ms)));
        io::MemoryAppendFile second;
        const auto rest = fleet.differences();
        EXPECT_LT(rest.size(), differences.size()) << ms;
        fleet.make(rest, second);
        ASSERT_THAT(fleet.differences(), IsEmpty());
        io::MemoryAppendFile undo;
        fleet.make(fleet.plan_undo({&first, &second}).changes, undo, JournalVerb::undo);
        EXPECT_EQ(fleet.contents(), before) << ms;
    }
}

TEST(Undo, interrupted_undo_is_continued) {
    const planner::Plan plan = stating_plan(6);
    DifferentFleet fleet(plan);
    const SyncedFleet::Contents before = fleet.contents();
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    io::MemoryAppendFile first;
    ASSERT_FALSE(
        fleet.make_until_killed(fleet.plan_undo({&sync}).changes, first, milliseconds(700)));
    const planner::UndoPlan rest = fleet.plan_undo({&sync});
    EXPECT_GT(rest.unchanged, 0U);
    io::MemoryAppendFile second;
    fleet.make(rest.changes, second, JournalVerb::undo);
    EXPECT_EQ(fleet.contents(), before);
}

TEST(Undo, leaves_changes_of_others_unchanged) {
    const planner::Plan plan = stating_plan(2);
    DifferentFleet fleet(plan);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const io::KeyArn replica = planner::replica_arn(plan, plan.jobs.at(0));
    const io::AccountRegion place = planner::replica_location(plan, plan.jobs.at(0));
    fleet.call(place,
               &io::KmsClient::update_key_description,
               io::UpdateKeyDescriptionRequest(replica.text(), "someone else's"));
    const planner::UndoPlan undo = fleet.plan_undo({&sync});
    ASSERT_THAT(undo.skipped, SizeIs(1));
    EXPECT_EQ(undo.skipped[0].replica, replica);
    EXPECT_EQ(undo.skipped[0].part, planner::sync_description);
    EXPECT_EQ(undo.skipped[0].lookup, planner::LookupStatus::found);
    io::MemoryAppendFile journal;
    fleet.make(undo.changes, journal, JournalVerb::undo);
    EXPECT_EQ(fleet.contents().at(0).content.description, "someone else's");
    EXPECT_EQ(fleet.counts.made, 15U);
}

TEST(Undo, never_deletes_an_alias_of_another_key) {
    const planner::Plan plan = stating_plan(2);
    DifferentFleet fleet(plan);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const planner::Job& job = plan.jobs.at(0);
    const io::AccountRegion place = planner::replica_location(plan, job);
    const std::string name = "alias/" + plan.keys[job.key].primary.key_id.text();
    const io::KeyArn other = planner::replica_arn(plan, plan.jobs.at(2));
    const planner::UndoPlan before_the_move = fleet.plan_undo({&sync});
    fleet.call(place, &io::KmsClient::update_alias, io::UpdateAliasRequest(name, other.text()));
    for (const planner::ReplicaChange& change : fleet.plan_undo({&sync}).changes) {
        EXPECT_FALSE(change.replica == planner::replica_arn(plan, job) && change.alias == name);
    }
    // This holds even if the alias was moved after the undo had read it.
    io::MemoryAppendFile journal;
    fleet.make(before_the_move.changes, journal, JournalVerb::undo);
    ASSERT_THAT(fleet.failed, SizeIs(1));
    EXPECT_TRUE(fleet.failed[0].is_alias_taken);
    EXPECT_THAT(fleet.contents().at(2).aliases, SizeIs(1)) << "the moved alias remains";
}

TEST(Undo, never_deletes_an_alias_that_the_sync_did_not_create) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    const auto differences = fleet.differences();
    const planner::Job& job = plan.jobs.at(0);
    const std::string name = "alias/" + plan.keys[job.key].primary.key_id.text();
    ASSERT_TRUE(fleet.model().add_alias(
        planner::replica_location(plan, job), name, planner::replica_arn(plan, job)));
    io::MemoryAppendFile sync;
    fleet.make(differences, sync);
    EXPECT_EQ(fleet.counts.made, 8U);
    io::MemoryAppendFile undo;
    fleet.make(fleet.plan_undo({&sync}).changes, undo, JournalVerb::undo);
    EXPECT_EQ(fleet.counts.made, 7U);
    EXPECT_THAT(fleet.contents().at(0).aliases, testing::ElementsAre(name));
    EXPECT_THAT(fleet.contents().at(1).aliases, IsEmpty());
}

TEST(Undo, sends_no_request_for_an_alias_that_is_gone) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const planner::UndoPlan undo = fleet.plan_undo({&sync});
    const planner::Job& job = plan.jobs.at(0);
    const std::string name = "alias/" + plan.keys[job.key].primary.key_id.text();
    fleet.call(planner::replica_location(plan, job),
               &io::KmsClient::delete_alias,
               io::DeleteAliasRequest(name));
    io::MemoryAppendFile journal;
    fleet.make(undo.changes, journal, JournalVerb::undo);
    EXPECT_EQ(fleet.counts.made, fleet.counts.changes);
    EXPECT_EQ(fleet.made_calls[io::KmsApi::delete_alias], 1U)
        << "only the alias in the other Region";
    EXPECT_THAT(fleet.plan_undo({&journal}).changes, SizeIs(fleet.counts.changes - 1))
        << "an undo of the undo does not create the missing alias";
}

TEST(Undo, alias_that_could_not_be_checked_was_not_deleted) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan, with_faults("eu-west-1/DescribeKey.lost=1@30m.."));
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const planner::UndoPlan undo = fleet.plan_undo({&sync});
    fleet.now = io::Moment(std::chrono::minutes(30));
    io::MemoryAppendFile journal;
    fleet.make(undo.changes, journal, JournalVerb::undo);
    ASSERT_THAT(fleet.failed, SizeIs(1));
    EXPECT_EQ(undo.changes[fleet.failed[0].change].action, io::KmsApi::delete_alias);
    EXPECT_EQ(fleet.counts.unknown, 0U);
    EXPECT_EQ(fleet.counts.deferred, 1U);
}

TEST(Undo, rejected_changes_need_no_undo) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan, with_faults("eu-west-1/TagResource.denied=1"));
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    planner::SharedTexts texts;
    EXPECT_EQ(read_recorded_changes(sync, "(memory)", texts)->not_made, 1U);
    const planner::UndoPlan undo = fleet.plan_undo({&sync});
    EXPECT_THAT(undo.changes, SizeIs(7));
    EXPECT_THAT(undo.skipped, IsEmpty());
}

TEST(SyncJournal, is_refused_where_the_journal_of_a_run_is_expected) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    const io::WallTime now{};
    const JournalHeader header = journal_header(plan, "keyferry test", false);
    io::MemoryAppendFile to;
    const auto expect_refusal = [](const JournalProblem& problem) {
        EXPECT_EQ(problem.kind, JournalProblem::Kind::other_verb);
        EXPECT_THAT(problem.text, HasSubstr("a.journal is from a sync, not from a run"));
    };
    expect_refusal(
        start_journal(sync, header, example_run(), now, "a.journal", nullptr, &plan).error());
    expect_refusal(replan_journal(sync, to, plan, header, now, "a.journal").error());
    expect_refusal(compact_journal(sync, to, now, "a.journal").error());
    std::string damaged = sync.content();
    damaged[damaged.size() / 2] ^= 1;
    io::MemoryAppendFile damaged_file(damaged);
    expect_refusal(salvage_journal(damaged_file, to, now, "a.journal").error());
}

TEST(SyncJournal, report_counts_changes) {
    const planner::Plan plan = stating_plan(2);
    SyncedFleet fleet(plan, with_faults("eu-west-1/TagResource.denied=1"));
    io::MemoryAppendFile sync;
    fleet.make(fleet.differences(), sync);
    JournalReplay replay;
    JournalScan scan;
    ASSERT_FALSE(replay_journal(sync, replay, scan));
    const RunReport report = make_run_report(replay, false);
    const std::string text = planner::document_text(run_document(report));
    EXPECT_THAT(text, HasSubstr("Sync of fleet \"test\": 14 of 16 changes made\n"));
    EXPECT_THAT(text, HasSubstr("  made          14\n"));
    EXPECT_THAT(text, HasSubstr("  failed         2  rejected by KMS\n"));
    EXPECT_THAT(text,
                HasSubstr("  arn:aws:kms:eu-west-1:111122223333:key/"
                          "mrk-00000000000000000000000000000001\n"));
    EXPECT_THAT(text, HasSubstr("The caller needs permission for the operation"));
    EXPECT_THAT(text, testing::Not(HasSubstr("replicas exist")));
    EXPECT_THAT(text, testing::Not(HasSubstr("ReplicateKey")));
    EXPECT_THAT(run_report_json(report),
                HasSubstr(R"("verb":"sync","live":false,"ended":true,"verdict":"some failed",)"
                          R"("counts":{"jobs":16,"made":14,"failed":2,"alias_taken":0,)"
                          R"("unknown":0,"deferred":0,"in_doubt":0,"not_started":0})"));
}

}  // namespace
}  // namespace keyferry::engine
