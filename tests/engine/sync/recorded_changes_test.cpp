// SPDX-License-Identifier: Apache-2.0
// Reads the changes of syncs from journals that are complete, truncated or damaged.
#include "engine/sync/recorded_changes.hpp"

#include "tests/engine/support/example_journal.hpp"
#include "tests/engine/sync/synced_fleet.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <map>
#include <string>

namespace keyferry::engine {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(RecordedChanges, refuses_journals_of_runs) {
    JournalEncoder encoder(JournalTail{});
    std::string content;
    encoder.append(content, kExampleTime, example_header());
    io::MemoryAppendFile file(content);
    planner::SharedTexts texts;
    const auto recorded = read_recorded_changes(file, "a.journal", texts);
    ASSERT_FALSE(recorded);
    EXPECT_EQ(recorded.error().kind, JournalProblem::Kind::other_verb);
    EXPECT_THAT(recorded.error().text, HasSubstr("a.journal is from a run, not from a sync"));
}

TEST(RecordedChanges, long_values_take_several_records) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    auto differences = fleet.differences();
    std::string policy = R"({"Statement":[)";
    while (policy.size() < 32'000) {
        policy += R"({"Sid":"\u00e9","Effect":"Deny"},)";
    }
    differences.back().from = std::make_shared<const std::string>(policy + "{}]}");
    io::MemoryAppendFile file;
    const auto process = fleet.start(differences, file);
    process->run_until(fleet.now + std::chrono::seconds(60));
    EXPECT_THAT(file.content(), HasSubstr(R"("part":2,"of":)"));
    planner::SharedTexts texts;
    const RecordedChanges recorded = read_recorded_changes(file, "(memory)", texts).value();
    EXPECT_EQ(planner::changes_sha256(recorded.changes), planner::changes_sha256(differences));
}

TEST(RecordedChanges, changes_of_a_journal_that_ends_before_the_first_are_not_certain) {
    const planner::Plan plan = stating_plan(3);
    SyncedFleet fleet(plan);
    const auto differences = fleet.differences();
    io::MemoryAppendFile complete;
    static_cast<void>(fleet.start(differences, complete));
    const std::string content = complete.durable_content();
    planner::SharedTexts texts;
    std::size_t line_end = 0;
    for (int line = 0; (line_end = content.find('\n', line_end)) != std::string::npos; ++line) {
        ++line_end;
        io::MemoryAppendFile killed(content.substr(0, line_end));
        const auto recorded = read_recorded_changes(killed, "(memory)", texts);
        ASSERT_TRUE(recorded) << line;
        EXPECT_THAT(recorded->changes, IsEmpty());
        EXPECT_EQ(recorded->missing + recorded->unrecorded.size(), 24U);
        EXPECT_EQ(recorded->not_made, 0U) << "the end of the file may have been lost";
    }
}

/// Returns `content` with one byte changed in the first line that has `mark`.
std::string damaged_at(std::string content, const std::string& mark) {
    content.at(content.find(mark)) ^= 1;
    return content;
}

class DamagedSync : public testing::Test {
  protected:
    DamagedSync() { fleet_.make(fleet_.differences(), sync_); }

    RecordedChanges read(const std::string& content) {
        io::MemoryAppendFile file(content);
        return read_recorded_changes(file, "(memory)", texts_).value();
    }

    const planner::Plan plan_ = stating_plan(2);
    DifferentFleet fleet_{plan_};
    io::MemoryAppendFile sync_;
    planner::SharedTexts texts_;
};

TEST_F(DamagedSync, change_without_its_value_is_lost) {
    const RecordedChanges recorded = read(damaged_at(sync_.content(), R"("ev":"before","job":5,)"));
    EXPECT_TRUE(recorded.damage);
    EXPECT_THAT(recorded.changes, SizeIs(15));
    ASSERT_THAT(recorded.lost, SizeIs(1));
    EXPECT_EQ(recorded.lost[0].job, 5U);
    EXPECT_FALSE(recorded.lost[0].has_value);
    EXPECT_TRUE(recorded.lost[0].replica) << "the outcome names the replica";
}

TEST_F(DamagedSync, change_without_its_outcome_is_lost) {
    const RecordedChanges recorded = read(damaged_at(sync_.content(), R"("ev":"done","job":5,)"));
    EXPECT_THAT(recorded.changes, SizeIs(15));
    ASSERT_THAT(recorded.lost, SizeIs(1));
    EXPECT_EQ(recorded.lost[0].job, 5U);
    EXPECT_TRUE(recorded.lost[0].has_value);
}

TEST_F(DamagedSync, change_with_value_and_outcome_is_restored) {
    const RecordedChanges recorded = read(damaged_at(sync_.content(), R"("ev":"sent","job":5,)"));
    EXPECT_TRUE(recorded.damage);
    EXPECT_THAT(recorded.changes, SizeIs(16));
    EXPECT_THAT(recorded.lost, IsEmpty());
}

TEST_F(DamagedSync, nothing_is_restored_without_the_header) {
    io::MemoryAppendFile file(damaged_at(sync_.content(), R"("ev":"open")"));
    EXPECT_FALSE(read_recorded_changes(file, "(memory)", texts_));
}

TEST_F(DamagedSync, no_damaged_byte_restores_a_wrong_value) {
    const RecordedChanges intact = read(sync_.content());
    std::map<std::string, int> values;
    for (const planner::ReplicaChange& change : intact.changes) {
        ++values[change.replica.text() + planner::value_json(change)];
    }
    const std::string content = sync_.content();
    for (std::size_t at = 0; at < content.size(); at += 37) {
        std::string damaged = content;
        damaged[at] ^= 1;
        io::MemoryAppendFile file(damaged);
        const auto recorded = read_recorded_changes(file, "(memory)", texts_);
        if (!recorded) {
            continue;
        }
        EXPECT_EQ(recorded->changes.size() + recorded->lost.size() + recorded->not_made, 16U);
        for (const planner::ReplicaChange& change : recorded->changes) {
            EXPECT_EQ(values.count(change.replica.text() + planner::value_json(change)), 1U) << at;
        }
    }
}

TEST(RecordedChanges, refuses_a_sent_change_without_its_previous_value) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    const auto differences = fleet.differences();
    JournalEncoder encoder(JournalTail{});
    std::string content;
    encoder.append(
        content, kExampleTime, changes_header(differences, JournalVerb::sync, "test", "test"));
    const io::KeyArn& replica = differences.at(3).replica;
    JobEntry sent(JournalEvent::sent, 3, replica, replica.region);
    sent.action = differences[3].action;
    sent.attempt = 1;
    encoder.append(content, kExampleTime, sent);
    io::MemoryAppendFile file(content);
    planner::SharedTexts texts;
    const auto recorded = read_recorded_changes(file, "a.journal", texts);
    ASSERT_FALSE(recorded);
    EXPECT_EQ(recorded.error().kind, JournalProblem::Kind::unusable);
    EXPECT_THAT(recorded.error().text,
                HasSubstr("change 3 was sent, but its previous value is missing"));
}

TEST(RecordedChanges, refuses_values_that_its_header_does_not_name) {
    const planner::Plan plan = stating_plan(1);
    SyncedFleet fleet(plan);
    const auto differences = fleet.differences();
    JournalHeader header = changes_header(differences, JournalVerb::sync, "test", "test");
    header.plan_sha256 = std::string(64, '0');
    io::MemoryAppendFile file;
    JournalResult<StartedJournal> started =
        start_journal(file, header, example_run(), kExampleTime, "(memory)", nullptr);
    ASSERT_TRUE(started);
    ASSERT_FALSE(write_change_records(file, differences, kExampleTime, "(memory)", *started));
    planner::SharedTexts texts;
    const auto recorded = read_recorded_changes(file, "a.journal", texts);
    ASSERT_FALSE(recorded);
    EXPECT_EQ(recorded.error().kind, JournalProblem::Kind::unusable);
}

}  // namespace
}  // namespace keyferry::engine
