#include "engine/journal_recovery.hpp"

#include "example_journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace keyferry {
namespace {

JournalScan scan_of(std::string_view bytes, std::size_t chunk_bytes = 1U << 20U) {
    JournalScanner scanner([](const JournalRecord&) { return std::string(); });
    while (!bytes.empty()) {
        scanner.feed(bytes.substr(0, chunk_bytes));
        bytes.remove_prefix(std::min(bytes.size(), chunk_bytes));
    }
    return scanner.finish();
}

/// More than sixty records in batches of one to five, and where each begins.
class JournalRecovery : public testing::Test {
  protected:
    JournalRecovery() {
        mark(0);
        journal.encoder.append(journal.bytes, kExampleTime, example_header());
        journal.batch();
        mark(1);
        journal.encoder.append(journal.bytes, kExampleTime, example_run());
        std::uint64_t number = 2;
        for (std::uint64_t batch = 0; batch < 22; ++batch) {
            journal.batch();
            const std::uint64_t first = number;
            for (std::uint64_t record = 0; record <= batch % 5; ++record, ++number) {
                mark(first);
                journal.add(number % 2 == 0 ? JournalEvent::accepted : JournalEvent::done,
                            static_cast<JobIndex>(number % 30));
            }
        }
        records = number;
        last_batch = first_of_batch.back();
        starts.push_back(journal.bytes.size());
    }

    /// The number of the record that the byte at `offset` belongs to.
    std::uint64_t record_at(std::size_t offset) const {
        return static_cast<std::uint64_t>(std::upper_bound(starts.begin(), starts.end(), offset) -
                                          starts.begin() - 1);
    }

    /// Scans a copy in which the byte at `offset` is `byte`; what comes of it must follow from
    /// where the byte stands alone. `before` has been fed everything up to the damaged record.
    void expect_found(const JournalScanner& before, std::size_t offset, char byte) {
        const std::uint64_t damaged = record_at(offset);
        const std::size_t start = starts[damaged];
        std::string rest = journal.bytes.substr(start);
        rest[offset - start] = byte;
        JournalScanner scanner = before;
        scanner.feed(rest);
        const JournalScan scan = scanner.finish();
        ASSERT_EQ(scan.good_bytes, start) << "byte " << offset;
        ASSERT_EQ(scan.tail.next_sequence, damaged) << "byte " << offset;
        const JournalState expected =
            first_of_batch[damaged] == last_batch ? JournalState::torn_tail : JournalState::damaged;
        ASSERT_EQ(scan.state, expected) << "byte " << offset << " of record " << damaged;
    }

    /// Calls `damage(offset, byte, try_it)` for every byte of the journal.
    template <typename Damage>
    void at_every_byte(Damage damage) {
        JournalScanner before([](const JournalRecord&) { return std::string(); });
        for (std::uint64_t record = 0; record < records; ++record) {
            for (std::size_t offset = starts[record]; offset < starts[record + 1]; ++offset) {
                const char byte = journal.bytes[offset];
                damage(byte, [&](char other) {
                    if (other != byte && !HasFatalFailure()) {
                        expect_found(before, offset, other);
                        ++cases;
                    }
                });
            }
            before.feed(std::string_view(journal.bytes)
                            .substr(starts[record], starts[record + 1] - starts[record]));
        }
    }

    void mark(std::uint64_t first) {
        starts.push_back(journal.bytes.size());
        first_of_batch.push_back(first);
    }

    ExampleJournal journal;
    std::vector<std::size_t> starts;  ///< and the end
    std::vector<std::uint64_t> first_of_batch;
    std::uint64_t records = 0;
    std::uint64_t last_batch = 0;
    std::size_t cases = 0;
};

TEST_F(JournalRecovery, finds_a_good_journal_whole) {
    ASSERT_GE(records, 60u);
    const JournalScan scan = scan_of(journal.bytes);
    EXPECT_EQ(scan.state, JournalState::whole);
    EXPECT_EQ(scan.good_bytes, journal.bytes.size());
    EXPECT_EQ(scan.tail, journal.encoder.tail());
}

TEST_F(JournalRecovery, does_not_care_how_the_bytes_are_cut_into_chunks) {
    for (const std::size_t chunk_bytes : {1U, 7U, 100U, 4095U, 4096U}) {
        const JournalScan scan = scan_of(journal.bytes, chunk_bytes);
        EXPECT_EQ(scan.state, JournalState::whole) << chunk_bytes;
        EXPECT_EQ(scan.tail, journal.encoder.tail()) << chunk_bytes;
    }
}

TEST_F(JournalRecovery, keeps_all_whole_records_before_a_truncation_at_any_byte) {
    JournalScanner before([](const JournalRecord&) { return std::string(); });
    for (std::uint64_t record = 0; record < records; ++record) {
        const std::string_view line =
            std::string_view(journal.bytes)
                .substr(starts[record], starts[record + 1] - starts[record]);
        for (std::size_t length = 0; length < line.size(); ++length) {
            JournalScanner scanner = before;
            scanner.feed(line.substr(0, length));
            const JournalScan scan = scanner.finish();
            const JournalState expected =
                record == 0   ? length == 0 ? JournalState::empty : JournalState::header_incomplete
                : length == 0 ? JournalState::whole
                              : JournalState::torn_tail;
            ASSERT_EQ(scan.state, expected) << record << " " << length;
            ASSERT_EQ(scan.good_bytes, starts[record]);
        }
        before.feed(line);
    }
}

TEST_F(JournalRecovery, finds_every_flipped_bit) {
    at_every_byte([](char byte, auto try_it) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            try_it(static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit)));
        }
    });
    EXPECT_EQ(cases, journal.bytes.size() * 8);
}

TEST_F(JournalRecovery, finds_every_overwritten_byte) {
    std::mt19937 random(1);
    at_every_byte([&](char, auto try_it) {
        for (const char other : {'\n', '\0', '"', '{', '\\', static_cast<char>(random())}) {
            try_it(other);
        }
    });
    EXPECT_GT(cases, journal.bytes.size() * 5);
}

TEST_F(JournalRecovery, never_loses_a_synced_record_to_sectors_lost_from_the_last_batch) {
    const std::size_t synced = starts[last_batch];
    std::mt19937 random(2);
    for (int state = 0; state < 2000; ++state) {
        std::string bytes = journal.bytes;
        for (std::size_t sector = synced; sector < bytes.size();
             sector = (sector / 512 + 1) * 512) {
            const std::size_t end = std::min(bytes.size(), (sector / 512 + 1) * 512);
            const auto fate = random() % 3;
            for (std::size_t offset = sector; fate != 0 && offset < end; ++offset) {
                bytes[offset] = fate == 1 ? '\0' : static_cast<char>(random());
            }
        }
        if (random() % 2 == 0) {
            bytes.resize(synced + random() % (bytes.size() - synced));
        }
        const JournalScan scan = scan_of(bytes);
        ASSERT_TRUE(scan.state == JournalState::whole || scan.state == JournalState::torn_tail);
        ASSERT_GE(scan.good_bytes, synced);
        ASSERT_EQ(bytes.compare(0, scan.good_bytes, journal.bytes, 0, scan.good_bytes), 0);
    }
}

TEST_F(JournalRecovery, stops_when_a_synced_record_was_taken_out) {
    std::string bytes = journal.bytes;
    bytes.erase(starts[10], starts[11] - starts[10]);
    const JournalScan scan = scan_of(bytes);
    EXPECT_EQ(scan.state, JournalState::damaged);
    EXPECT_EQ(scan.tail.next_sequence, 10u);
    EXPECT_GT(scan.proof_sequence, 10u);
}

TEST_F(JournalRecovery, stops_when_synced_records_were_swapped_or_doubled) {
    const std::string line = journal.bytes.substr(starts[10], starts[11] - starts[10]);
    std::string doubled = journal.bytes;
    doubled.insert(starts[10], line);
    EXPECT_EQ(scan_of(doubled).state, JournalState::damaged);
    std::string swapped = journal.bytes;
    swapped.erase(starts[10], line.size());
    swapped.insert(starts[10] + starts[12] - starts[11], line);
    EXPECT_EQ(scan_of(swapped).state, JournalState::damaged);
}

TEST_F(JournalRecovery, stops_when_a_synced_part_was_zeroed) {
    std::string bytes = journal.bytes;
    std::fill(bytes.begin() + 2000, bytes.begin() + 10'000, '\0');
    EXPECT_EQ(scan_of(bytes).state, JournalState::damaged);
    EXPECT_EQ(scan_of(bytes, 100).state, JournalState::damaged) << "also in chunks";
}

TEST_F(JournalRecovery, takes_no_other_file_for_a_journal) {
    EXPECT_EQ(scan_of("").state, JournalState::empty);
    EXPECT_EQ(scan_of("x").state, JournalState::not_a_journal);
    EXPECT_EQ(scan_of("{\"some\": \"json\"}\n").state, JournalState::not_a_journal);
    EXPECT_EQ(scan_of(std::string(100'000, '\0')).state, JournalState::not_a_journal);
    EXPECT_EQ(scan_of(std::string(100'000, '\n')).state, JournalState::not_a_journal);
}

TEST_F(JournalRecovery, refuses_a_journal_that_needs_a_newer_reader) {
    JournalHeader header = example_header();
    header.version = header.min_reader = kJournalVersion + 1;
    ExampleJournal newer;
    newer.encoder.append(newer.bytes, kExampleTime, header);
    const JournalScan scan = scan_of(newer.bytes);
    EXPECT_EQ(scan.state, JournalState::newer_version);
    EXPECT_NE(scan.problem.find("version 2"), std::string::npos) << scan.problem;
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

    const std::string again = journal.bytes.substr(0, starts[1]);
    const std::string body = again.substr(again.find(",\"t\""));
    const JournalTail tail = journal.encoder.tail();
    std::string line = fmt::format(R"({{"n":{},"k":{},"p":"{:08x}")",
                                   tail.next_sequence,
                                   tail.next_sequence,
                                   tail.previous_crc) +
                       body.substr(0, body.size() - kJournalSealBytes - 1);
    line += seal_of(line) + "\n";
    EXPECT_EQ(scan_of(journal.bytes + line).state, JournalState::not_understood);
}

TEST_F(JournalRecovery, refuses_what_its_visitor_refuses) {
    JournalScanner scanner([](const JournalRecord& record) {
        return record.sequence == 7 ? std::string("seven is too many") : std::string();
    });
    scanner.feed(journal.bytes);
    const JournalScan scan = scanner.finish();
    EXPECT_EQ(scan.state, JournalState::not_understood);
    EXPECT_EQ(scan.problem, "record 7: seven is too many");
}

}  // namespace
}  // namespace keyferry
