// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/recovery.hpp"

#include "tests/engine/support/example_journal.hpp"
#include "tests/support/sample_journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

// Tests each rule individually. damage_test.cpp damages every byte; power_loss_test.cpp simulates
// power losses.

namespace keyferry::engine {
namespace {

JournalScan scan_of(std::string_view bytes, std::size_t chunk_bytes = 1U << 20U) {
    JournalScanner scanner([](const JournalRecord&) { return std::string(); });
    while (!bytes.empty()) {
        scanner.feed(bytes.substr(0, chunk_bytes));
        bytes.remove_prefix(std::min(bytes.size(), chunk_bytes));
    }
    return scanner.finish();
}

/// Returns `line` as the record after `tail`, in a batch that began with record `batch_first`.
std::string moved(std::string_view line, JournalTail tail, std::uint64_t batch_first) {
    std::string moved = fmt::format(
        R"({{"n":{},"k":{},"p":"{:08x}")", tail.next_sequence, batch_first, tail.previous_crc);
    const std::size_t body = line.find(",\"t\"");
    moved += line.substr(body, line.size() - body - kJournalSealBytes - 1);
    return moved + seal_of(moved) + "\n";
}

/// A journal with a header, a `run` record, and five batches of one record each: records 2 ... 6.
class JournalRecovery : public testing::Test {
  protected:
    JournalRecovery() {
        for (planner::JobIndex job = 0; job < 5; ++job) {
            journal.begin_batch();
            journal.add(test::sample_entry(JournalEvent::sent, job, true));
        }
    }

    std::string from(std::size_t record) const { return journal.bytes.substr(starts(record)); }
    std::string up_to(std::size_t record) const { return journal.bytes.substr(0, starts(record)); }
    std::size_t starts(std::size_t record) const { return journal.starts[record]; }
    std::string half_of(std::size_t record) const {
        return std::string(journal.line(record).substr(0, journal.line(record).size() / 2));
    }

    void expect_damaged(const std::string& bytes, std::uint64_t record, std::uint64_t proof) {
        for (const std::size_t chunk_bytes : {std::size_t{1} << 20U, std::size_t{100}}) {
            const JournalScan scan = scan_of(bytes, chunk_bytes);
            EXPECT_EQ(scan.state, JournalState::damaged);
            EXPECT_EQ(scan.tail.next_sequence, record);
            EXPECT_EQ(scan.good_bytes, starts(record));
            EXPECT_EQ(scan.proof_sequence, proof);
        }
    }

    void expect_torn(const std::string& bytes, std::uint64_t record) {
        const JournalScan scan = scan_of(bytes);
        EXPECT_EQ(scan.state, JournalState::torn_tail);
        EXPECT_EQ(scan.tail.next_sequence, record);
        EXPECT_EQ(scan.good_bytes, starts(record));
        EXPECT_EQ(scan.bytes, bytes.size());
    }

    test::SampleJournal journal;
};

TEST_F(JournalRecovery, gives_the_same_result_for_any_chunk_size) {
    const test::SampleJournal long_one = test::SampleJournal::of_every_event();
    for (const std::size_t chunk_bytes : {1U, 7U, 100U, 4095U, 4096U}) {
        const JournalScan scan = scan_of(long_one.bytes, chunk_bytes);
        EXPECT_EQ(scan.state, JournalState::whole) << chunk_bytes;
        EXPECT_EQ(scan.tail, long_one.tail()) << chunk_bytes;
        EXPECT_EQ(scan.good_bytes, long_one.bytes.size()) << chunk_bytes;
    }
}

TEST_F(JournalRecovery, accepts_a_later_record_as_proof_anywhere) {
    const std::string proof = from(5);
    expect_damaged(up_to(3) + half_of(3) + "\n" + proof, 3, 5);
    expect_damaged(up_to(3) + half_of(3) + proof, 3, 5);
    expect_damaged(up_to(3) + std::string(100'000, '\0') + proof, 3, 5);
    expect_damaged(up_to(3) + std::string(100'000, '\n') + proof, 3, 5);
    expect_damaged(up_to(3) + std::string(100'000, '{') + proof, 3, 5);
    expect_damaged(up_to(3) + "{\"n\":{\"n\":" + proof, 3, 5);
    expect_damaged(up_to(3) + "\"c\":\"00000000\"}" + proof, 3, 5);
}

TEST_F(JournalRecovery, accepts_a_later_record_as_proof_with_any_bytes_after_it) {
    std::string proof(journal.line(5));
    proof.pop_back();
    for (const std::string behind : {"", "x", "}", ",\"c\":\"", "{\"n\":6,"}) {
        expect_damaged(up_to(3) + half_of(3) + "\n" + proof + behind, 3, 5);
        expect_damaged(up_to(3) + half_of(3) + proof + behind, 3, 5);
        expect_damaged(up_to(3) + half_of(3) + proof + behind + std::string(9000, '\0'), 3, 5);
    }
}

TEST_F(JournalRecovery, rejects_a_record_of_the_torn_batch_as_proof) {
    journal.begin_batch();
    journal.add_random(1, 3);
    expect_torn(up_to(7) + half_of(7) + "\n" + from(8), 7);
    expect_torn(up_to(7) + half_of(7) + from(8), 7);
    expect_torn(up_to(8) + from(9), 8);
    expect_torn(up_to(8) + std::string(700, '\0') + from(9), 8);
}

TEST_F(JournalRecovery, rejects_a_malformed_record_as_proof) {
    std::string proof = from(5);
    proof[proof.size() / 3] ^= 1;
    std::string second = from(6);
    second[second.size() - 4] ^= 1;  // a character of its checksum
    expect_torn(up_to(3) + proof.substr(0, journal.line(5).size()) + second, 3);
}

TEST_F(JournalRecovery, rejects_a_record_numbered_before_its_batch_as_proof) {
    JournalTail sixth;
    sixth.next_sequence = 6;
    expect_torn(up_to(3) + half_of(3) + "\n" + moved(journal.line(6), sixth, 7), 3);
    expect_damaged(up_to(3) + half_of(3) + "\n" + moved(journal.line(6), sixth, 6), 3, 6);
}

TEST_F(JournalRecovery, rejects_a_next_record_with_wrong_number_or_chain) {
    JournalTail another_number = journal.tail();
    ++another_number.next_sequence;
    expect_torn(journal.bytes + moved(journal.line(3), another_number, 6), 7);
    JournalTail another_chain = journal.tail();
    ++another_chain.previous_crc;
    expect_torn(journal.bytes + moved(journal.line(3), another_chain, 7), 7);
}

TEST_F(JournalRecovery, treats_trailing_zeros_as_a_torn_tail) {
    for (const std::size_t zeros : {1U, 511U, 4095U, 4096U, 500'000U}) {
        expect_torn(journal.bytes + std::string(zeros, '\0'), 7);
    }
}

TEST_F(JournalRecovery, limits_a_torn_tail_to_one_batch) {
    for (const char byte : {'\0', 'x', '\n'}) {
        expect_torn(journal.bytes + std::string(kTornTailBytesMax, byte), 7);
        const std::string bytes = journal.bytes + std::string(kTornTailBytesMax + 1, byte);
        const JournalScan scan = scan_of(bytes);
        EXPECT_EQ(scan.state, JournalState::damaged);
        EXPECT_EQ(scan.good_bytes, journal.bytes.size());
        EXPECT_EQ(scan.tail.next_sequence, 7U);
        EXPECT_EQ(scan.proof_sequence, 0U);
    }
}

TEST_F(JournalRecovery, treats_a_last_record_without_newline_as_a_torn_tail) {
    std::string bytes = journal.bytes;
    bytes.pop_back();
    expect_torn(bytes, 6);
}

TEST_F(JournalRecovery, rejects_lines_longer_than_a_record) {
    const std::string line(kJournalLineBytesMax, 'x');
    expect_torn(journal.bytes + line + "\n", 7);
    expect_torn(journal.bytes + line, 7);
    expect_damaged(up_to(4) + line + from(6), 4, 6);
    std::string long_record(journal.line(6));
    long_record.resize(long_record.size() - kJournalSealBytes - 1);
    long_record += ",\"x\":\"" + std::string(kJournalLineBytesMax, 'x') + "\"";
    long_record += seal_of(long_record) + "\n";
    expect_torn(up_to(6) + long_record, 6);
}

TEST_F(JournalRecovery, stops_at_a_damaged_header_regardless_of_what_follows) {
    std::string flipped = journal.bytes;
    flipped[100] ^= 1;
    expect_damaged(flipped, 0, 1);
    expect_damaged("\xef\xbb\xbf" + journal.bytes, 0, 1);
    expect_damaged(std::string(512, '\0') + journal.bytes.substr(512), 0, 2);
    std::string with_carriage_returns = journal.bytes;
    for (std::size_t record = journal.records(); record > 0; --record) {
        with_carriage_returns.insert(starts(record) - 1, "\r");
    }
    expect_damaged(with_carriage_returns, 0, 1);
    // No valid record follows that would prove the damage, but it is still detected.
    const JournalScan scan = scan_of(flipped.substr(0, starts(1)) + half_of(1) + "\n");
    EXPECT_EQ(scan.state, JournalState::damaged);
    EXPECT_EQ(scan.proof_sequence, 0u);
}

TEST_F(JournalRecovery, recognizes_an_incomplete_header) {
    const std::string header = up_to(1);
    const std::string half = header.substr(0, header.size() / 2);
    for (const std::string& bytes : {half,
                                     half + std::string(header.size() / 2, '\0'),
                                     half + std::string(header.size() / 2, '\0') + "\n",
                                     std::string(header.size(), '\0'),
                                     header.substr(0, 1),
                                     header.substr(0, header.size() - 1)}) {
        EXPECT_EQ(scan_of(bytes).state, JournalState::header_incomplete) << bytes;
        EXPECT_EQ(scan_of(bytes, 1).state, JournalState::header_incomplete) << bytes;
    }
}

TEST_F(JournalRecovery, recognizes_files_that_are_not_journals) {
    EXPECT_EQ(scan_of("").state, JournalState::empty);
    EXPECT_EQ(scan_of("x").state, JournalState::not_a_journal);
    EXPECT_EQ(scan_of("{\"some\": \"json\"}\n").state, JournalState::not_a_journal);
    EXPECT_EQ(scan_of(std::string(100'000, '\0')).state, JournalState::not_a_journal);
    EXPECT_EQ(scan_of(std::string(100'000, '\n')).state, JournalState::not_a_journal);
    EXPECT_EQ(scan_of(std::string(10, '\0') + "text").state, JournalState::not_a_journal);
}

TEST_F(JournalRecovery, refuses_a_journal_that_needs_a_newer_reader) {
    JournalHeader header = example_header();
    header.version = header.min_reader = kJournalVersion + 1;
    ExampleJournal newer;
    newer.encoder.append(newer.bytes, kExampleTime, header);
    for (const std::string behind : {"", "what a later version may write\n", "torn"}) {
        const JournalScan scan = scan_of(newer.bytes + behind);
        EXPECT_EQ(scan.state, JournalState::newer_version);
        EXPECT_NE(scan.problem.find("version " + std::to_string(kJournalVersion + 1)),
                  std::string::npos)
            << scan.problem;
    }
}

TEST_F(JournalRecovery, reads_a_newer_journal_that_allows_it) {
    JournalHeader header = example_header();
    header.version = kJournalVersion + 1;
    ExampleJournal newer;
    newer.encoder.append(newer.bytes, kExampleTime, header);
    EXPECT_EQ(scan_of(newer.bytes).state, JournalState::whole);
}

TEST_F(JournalRecovery, refuses_a_second_header_and_a_first_record_without_one) {
    ExampleJournal no_header;
    no_header.encoder.append(no_header.bytes, kExampleTime, example_run());
    EXPECT_EQ(scan_of(no_header.bytes).state, JournalState::not_a_journal);

    const std::string again = moved(journal.line(0), journal.tail(), 7);
    EXPECT_EQ(scan_of(journal.bytes + again).state, JournalState::not_understood);
}

TEST_F(JournalRecovery, refuses_an_inconsistent_batch_start) {
    const JournalTail tail = journal.tail();
    EXPECT_EQ(scan_of(journal.bytes + moved(journal.line(3), tail, 7)).state, JournalState::whole);
    EXPECT_EQ(scan_of(journal.bytes + moved(journal.line(3), tail, 6)).state, JournalState::whole);
    const JournalScan scan = scan_of(journal.bytes + moved(journal.line(3), tail, 5));
    EXPECT_EQ(scan.state, JournalState::not_understood);
    EXPECT_EQ(scan.problem,
              "according to record 7, its batch began with record 5, but according to the "
              "previous record, it began with record 6");
}

TEST_F(JournalRecovery, stops_when_the_visitor_refuses_a_record) {
    JournalScanner scanner([](const JournalRecord& record) {
        return record.sequence == 5 ? std::string("five is too many") : std::string();
    });
    scanner.feed(journal.bytes);
    const JournalScan scan = scanner.finish();
    EXPECT_EQ(scan.state, JournalState::not_understood);
    EXPECT_EQ(scan.problem, "record 5: five is too many");
    EXPECT_EQ(scan.good_bytes, starts(5));
}

}  // namespace
}  // namespace keyferry::engine
