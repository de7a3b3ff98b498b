// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/compact.hpp"

#include "engine/journal/read/scan_file.hpp"
#include "engine/report/run_report.hpp"
#include "io/file/memory_append_file.hpp"
#include "tests/engine/support/example_journal.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::engine {
namespace {

using testing::HasSubstr;

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

JournalReplay replay_of(const std::string& bytes) {
    io::MemoryAppendFile file(bytes);
    JournalReplay replay;
    JournalScan scan;
    EXPECT_FALSE(replay_journal(file, replay, scan));
    EXPECT_EQ(scan.state, JournalState::whole) << scan.problem;
    return replay;
}

class CompactJournal : public testing::Test {
  protected:
    std::string compacted() {
        io::MemoryAppendFile from(journal.bytes);
        io::MemoryAppendFile to;
        const auto result = compact_journal(from, to, kExampleTime, "fleet.journal");
        EXPECT_TRUE(result) << result.error().text;
        summary = result ? *result : CompactedJournal{};
        EXPECT_EQ(to.content(), to.durable_content());
        return to.content();
    }
    void run_again() {
        journal.encoder.append(journal.bytes, kExampleTime + std::chrono::hours(1), example_run());
    }
    void add_later(JournalEvent event, planner::JobIndex job) {
        journal.encoder.append(
            journal.bytes, kExampleTime + std::chrono::minutes(9), example_entry(event, job));
    }

    ExampleJournal journal = ExampleJournal::begun(30);
    CompactedJournal summary;
};

TEST_F(CompactJournal, keeps_one_record_of_a_done_job_with_its_request_digest) {
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::accepted, 1);
    journal.add(JournalEvent::done, 1);
    journal.end("finished");
    const std::string bytes = compacted();
    EXPECT_EQ(count_of(bytes, "\"job\":1,"), 1u);
    EXPECT_THAT(bytes,
                HasSubstr("\"digest\":\"" + std::string(64, 'd') + "\",\"how\":\"created\""));
    EXPECT_EQ(summary.records_before, 6u);
    EXPECT_EQ(summary.records, 5u);
    EXPECT_EQ(summary.bytes_before, journal.bytes.size());
    EXPECT_EQ(summary.bytes, bytes.size());
    EXPECT_EQ(summary.jobs_done, 1u);
}

TEST_F(CompactJournal, keeps_all_records_of_jobs_that_are_not_done) {
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::accepted, 2);
    journal.add(JournalEvent::failed, 3);
    journal.add(JournalEvent::unknown, 4);
    const std::string bytes = compacted();
    EXPECT_EQ(count_of(bytes, "\"job\":"), 5u);
    EXPECT_EQ(replay_of(bytes).open_job(1)->first_sent, kExampleTime);
}

TEST_F(CompactJournal, records_the_compaction_after_the_header) {
    journal.add(JournalEvent::done, 1);
    const JournalReplay replay = replay_of(compacted());
    ASSERT_EQ(replay.rewrites().size(), 1u);
    const JournalRewrite& rewrite = replay.rewrites().front();
    EXPECT_EQ(rewrite.how, JournalRewrite::How::compacted);
    EXPECT_EQ(rewrite.records_before, 3u);
    EXPECT_EQ(rewrite.jobs_carried, 1u);
    EXPECT_EQ(rewrite.jobs_not_begun, 29u);
}

TEST_F(CompactJournal, does_not_change_the_report) {
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::done, 1);
    journal.add(JournalEvent::sent, 2);
    add_later(JournalEvent::sent, 4);  // then the run was killed: this is the last record of a job
                                       // that is done later
    run_again();
    journal.add(JournalEvent::done, 2);
    journal.add(JournalEvent::done, 4);
    journal.add(JournalEvent::unknown, 4);
    journal.add(JournalEvent::deferred, 5);
    add_later(JournalEvent::sent, 2);
    const JournalReplay before = replay_of(journal.bytes);
    const JournalReplay after = replay_of(compacted());
    RunReport report = make_run_report(after, false);
    EXPECT_EQ(report.rewrites.size(), 1U);
    report.rewrites.clear();  // the only difference
    EXPECT_EQ(run_report_json(make_run_report(before, false)), run_report_json(report));
    EXPECT_EQ(before.phases(), after.phases());
    EXPECT_EQ(before.created(), after.created());
}

TEST_F(CompactJournal, changes_nothing_the_second_time_except_its_record) {
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::done, 1);
    const std::string once = compacted();
    journal.bytes = once;
    const std::string twice = compacted();
    EXPECT_EQ(count_of(twice, "\n"), count_of(once, "\n") + 1);
    EXPECT_EQ(replay_of(twice).rewrites().size(), 2u);
}

TEST_F(CompactJournal, damage_anywhere_in_the_result_is_detected) {
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::done, 1);
    journal.add(JournalEvent::done, 2);
    std::string bytes = compacted();
    bytes[bytes.find("\"job\":1,")] = '?';
    io::MemoryAppendFile file(bytes);
    JournalReplay replay;
    JournalScan scan;
    ASSERT_FALSE(replay_journal(file, replay, scan));
    EXPECT_EQ(scan.state, JournalState::damaged);
}

TEST_F(CompactJournal, leaves_out_a_torn_tail) {
    journal.add(JournalEvent::done, 1);
    journal.bytes += "{\"n\":3,";
    compacted();
    EXPECT_EQ(summary.torn_bytes, 7u);
}

TEST_F(CompactJournal, refuses_damaged_journals) {
    journal.add(JournalEvent::sent, 1);
    journal.batch();
    journal.add(JournalEvent::done, 1);
    journal.bytes[journal.bytes.find("worker-1")] = '?';
    io::MemoryAppendFile from(journal.bytes);
    io::MemoryAppendFile to;
    const auto result = compact_journal(from, to, kExampleTime, "fleet.journal");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, JournalProblem::Kind::unusable);
}

TEST_F(CompactJournal, reports_every_read_and_write_failure) {
    journal.add(JournalEvent::sent, 1);
    journal.add(JournalEvent::done, 1);
    for (const bool reading : {true, false}) {
        std::uint64_t operations = 0;
        for (std::uint64_t nth = 1;; ++nth) {
            io::MemoryAppendFile from(journal.bytes);
            io::MemoryAppendFile to;
            (reading ? from : to).fail_nth(nth, EIO, io::MemoryAppendFile::Lasting::once);
            const auto result = compact_journal(from, to, kExampleTime, "fleet.journal");
            operations = (reading ? from : to).operations();
            if (nth > operations) {
                EXPECT_TRUE(result);
                break;
            }
            EXPECT_FALSE(result) << nth;
        }
        EXPECT_GE(operations, 2u);
    }
}

}  // namespace
}  // namespace keyferry::engine
