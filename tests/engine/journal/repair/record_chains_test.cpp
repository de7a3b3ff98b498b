// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/open.hpp"
#include "tests/engine/support/damaged_journal.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <gmock/gmock.h>
#include <string>

namespace keyferry::engine {
namespace {

/// Salvaging a file with missing records, duplicated records or records of another journal.
class SalvagePieces : public SalvageJournal {};

/// Duplicates any piece: complete records, or a piece that begins or ends in the middle of a
/// record.
TEST_F(SalvagePieces, keeps_records_after_a_duplicated_piece) {
    fill_journal();
    const std::size_t step = 97;
    int salvages = 0;
    for (std::size_t from = 0; from < journal.bytes.size(); from += step) {
        for (std::size_t size = step; from + size <= journal.bytes.size(); size += 3 * step) {
            for (int place = 1; place < 11; ++place) {
                std::string bytes = journal.bytes;
                bytes.insert(line_start(bytes, place), journal.bytes.substr(from, size) + "\n");
                const Salvaged salvaged(bytes);
                ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
                ++salvages;
                EXPECT_EQ((*salvaged).records, 12U) << from << '+' << size << " at " << place;
                EXPECT_EQ((*salvaged).records_lost, 0U);
                EXPECT_EQ(salvaged.resumed(0), ResumeAs::not_started);
            }
        }
    }
    EXPECT_GT(salvages, 1000);
}

TEST_F(SalvagePieces, continues_with_an_overlapping_later_piece) {
    fill_journal();
    for (int end = 2; end < 11; ++end) {
        for (int begin = 1; begin <= end; ++begin) {
            const Salvaged salvaged(journal.bytes.substr(0, line_start(journal.bytes, end) - 30) +
                                    journal.bytes.substr(line_start(journal.bytes, begin) - 40));
            // Where the two pieces meet, a record is cut. Another copy of it exists, unless the
            // second piece begins there.
            const bool is_whole_again = begin < end;
            EXPECT_EQ((*salvaged).records, is_whole_again ? 12U : 11U) << end << ' ' << begin;
            EXPECT_EQ(salvaged.replay().phase(8), JobPhase::done);
        }
    }
}

TEST_F(SalvagePieces, skips_headers_in_the_middle_and_keeps_later_records) {
    fill_journal();
    JournalEncoder another(JournalTail{});
    std::string header_of_another;
    another.append(header_of_another, kExampleTime, example_header(7));
    const std::string own_header = journal.bytes.substr(0, line_start(journal.bytes, 1));
    const std::string header_with_a_number =
        with_changed(own_header, 0, "\"n\":0,\"k\":0", "\"n\":6,\"k\":6");
    JournalEncoder first(JournalTail{});
    std::string first_that_is_no_header;
    first.append(first_that_is_no_header, kExampleTime, named_entry(JournalEvent::sent, 20));
    for (const std::string& stray :
         {own_header, header_of_another, header_with_a_number, first_that_is_no_header}) {
        for (int place = 1; place < 11; ++place) {
            std::string bytes = journal.bytes;
            bytes.insert(line_start(bytes, place), stray);
            const Salvaged salvaged(bytes);
            ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
            EXPECT_EQ((*salvaged).records, 12U) << stray << " at " << place;
            EXPECT_EQ((*salvaged).records_lost, 0U);
            EXPECT_EQ((*salvaged).bytes_lost, stray.size());
            EXPECT_EQ(salvaged.replay().header(), example_header(30));
            EXPECT_EQ(salvaged.replay().phase(20), JobPhase::not_started);
        }
    }
}

TEST_F(SalvagePieces, rejects_remains_of_an_older_journal) {
    fill_journal();
    for (const std::uint64_t first : {5U, 6U}) {  // after the previous record, or after a gap
        // A rehearsal of the same plan may have been run a second earlier.
        const std::string block = block_of(first, {20}, 0, kExampleTime - std::chrono::seconds(1));
        const std::size_t begin = line_start(journal.bytes, 5);
        const Salvaged salvaged(journal.bytes.substr(0, begin) + block +
                                journal.bytes.substr(line_start(journal.bytes, 8)));
        EXPECT_EQ(salvaged.replay().phase(20), JobPhase::not_started);
        EXPECT_EQ((*salvaged).records_lost, 3U);
    }
}

TEST_F(SalvagePieces, keeps_records_of_moved_pieces) {
    fill_journal();
    const std::size_t first = line_start(journal.bytes, 4);
    const std::size_t second = line_start(journal.bytes, 8);
    const Salvaged salvaged(journal.bytes.substr(0, first) + journal.bytes.substr(second) +
                            journal.bytes.substr(first, second - first));
    EXPECT_EQ((*salvaged).records, 12U);
    EXPECT_EQ((*salvaged).records_lost, 0U);
    EXPECT_FALSE((*salvaged).end_is_lost);
    EXPECT_EQ(salvaged.replay().phase(8), JobPhase::done);
}

TEST_F(SalvagePieces, keeps_the_longer_of_two_conflicting_chains) {
    fill_journal();
    const std::string block = block_of(11, {20}, 0);
    std::string bytes = damaged(4);
    bytes.insert(line_start(bytes, 5), block);  // its number is that of the last record
    const Salvaged salvaged(bytes);
    EXPECT_EQ(salvaged.replay().phase(20), JobPhase::not_started);
    EXPECT_EQ(salvaged.replay().phase(8), JobPhase::done);
}

TEST_F(SalvagePieces, rejects_another_fleets_records_after_a_gap) {
    fill_journal();
    // Their numbers, offsets and times would fit, and they are more numerous than our records.
    const std::string bytes = journal.bytes + std::string(300, '\0') +
                              block_of(40, {0, 2, 3, 4, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16}, 9);
    const Salvaged salvaged(bytes);
    ASSERT_TRUE(*salvaged.result) << salvaged.result->error().text;
    EXPECT_EQ((*salvaged).records, 12U);
    EXPECT_TRUE((*salvaged).end_is_lost);
    EXPECT_EQ(salvaged.replay().counts().of(JobPhase::done), 3U);
    EXPECT_EQ(salvaged.resumed(9), ResumeAs::in_progress);
}

/// The other fleet's job names cannot be distinguished from ours, because the salvage does not know
/// the names in the plan.
TEST_F(SalvagePieces, rerun_refuses_another_fleets_records_of_other_jobs) {
    fill_journal();
    planner::Plan plan;
    for (std::size_t index = 0; index < 3; ++index) {
        plan.regions.push_back(example_region(index));
    }
    for (planner::JobIndex job = 0; job < 30; ++job) {
        plan.keys.push_back(planner::PlannedKey{*named_entry(JournalEvent::sent, job).primary, 0});
        plan.jobs.push_back(planner::Job{job, job % 3});
    }
    const auto rerun = [&](unsigned fleet) {
        const Salvaged salvaged(journal.bytes + std::string(300, '\0') +
                                block_of(40, {20, 21, 22}, fleet));
        EXPECT_EQ(salvaged.replay().phase(21), JobPhase::done);
        io::MemoryAppendFile file(salvaged.bytes);
        const auto started =
            start_journal(file, example_header(30), example_run(), kExampleTime, "j", {}, &plan);
        return started ? std::string() : started.error().text;
    };
    EXPECT_EQ(rerun(0), "");
    EXPECT_THAT(rerun(9), testing::HasSubstr("records from another fleet's journal"));
}

TEST_F(SalvagePieces, loses_nothing_when_only_garbage_was_inserted) {
    fill_journal();
    std::string bytes = journal.bytes;
    bytes.insert(line_start(bytes, 6), "garbage\n");
    bytes[line_start(bytes, 5) - 1] = ' ';
    const Salvaged salvaged(bytes);
    EXPECT_EQ((*salvaged).records, 12U);
    EXPECT_EQ((*salvaged).records_lost, 0U);
    EXPECT_EQ(salvaged.resumed(0), ResumeAs::not_started);
    EXPECT_EQ(salvaged.resumed(4), ResumeAs::finished);
}

TEST_F(SalvagePieces, rejects_a_record_that_its_successor_does_not_chain_to) {
    fill_journal();
    const Salvaged salvaged(with_changed(journal.bytes, 3, "\"ev\":\"sent\"", "\"ev\":\"failed\""));
    EXPECT_EQ((*salvaged).ranges.at(0).first_record, 3U);
    EXPECT_EQ(salvaged.replay().phase(2), JobPhase::not_started);
    EXPECT_EQ(salvaged.resumed(2), ResumeAs::in_progress);
    for (int record = 1; record < 10; ++record) {  // changing the second-to-last record results
                                                   // in a torn tail
        const Salvaged other(with_changed(journal.bytes, record, "\"t\":\"2026", "\"t\":\"2027"));
        EXPECT_EQ((*other).ranges.at(0).first_record, record);
        EXPECT_EQ((*other).records, 11U);
    }
}

TEST_F(SalvagePieces, detects_a_removed_line) {
    fill_journal();
    std::string bytes = journal.bytes;
    bytes.erase(line_start(bytes, 3), line_start(bytes, 4) - line_start(bytes, 3));
    const Salvaged salvaged(bytes);
    EXPECT_EQ((*salvaged).records_lost, 1U);
    EXPECT_EQ((*salvaged).bytes_lost, 0U);
    EXPECT_EQ(salvaged.resumed(2), ResumeAs::in_progress);
}

}  // namespace
}  // namespace keyferry::engine
