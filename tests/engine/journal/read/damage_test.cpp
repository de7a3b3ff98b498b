// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/recovery.hpp"
#include "io/checksum/crc32c.hpp"
#include "tests/support/sample_journal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

// The result of recovery for a journal that is damaged at an arbitrary place.
//
// The invariant: let `written` be a journal whose last batch begins with record L, and `found` the
// same bytes except for a change whose first byte is in record w. Recovery then accepts exactly the
// records 0 ... w-1, unchanged, and
//
//   w < L    w was synced: the result is `damaged`, and nothing is repaired automatically;
//   w >= L   w cannot be distinguished from a record that was never synced: the result is
//            `torn_tail`, and every record of the previous batches is kept.

namespace keyferry::engine {
namespace {

constexpr std::size_t kSectorBytes = 512;

class JournalDamage : public testing::Test {
  protected:
    JournalDamage() {
        JournalScanner scanner = new_scanner();
        for (std::size_t record = 0; record < written.records(); ++record) {
            before.push_back(scanner);
            scanner.feed(written.line(record));
        }
        before.push_back(scanner);
        last_batch = written.first_of_batch.back();
    }

    void TearDown() override {
        if (cases > 0) {
            RecordProperty("cases", static_cast<int>(cases));
            fmt::print("             {} cases\n", cases);
        }
    }

    JournalScanner new_scanner() {
        return JournalScanner([this](const JournalRecord& record) {
            visited = record.sequence + 1;
            return std::string();
        });
    }

    std::size_t record_at(std::size_t offset) const {
        const auto after = std::upper_bound(written.starts.begin(), written.starts.end(), offset);
        return static_cast<std::size_t>(after - written.starts.begin() - 1);
    }

    /// Scans a file that is unchanged up to record `first`, followed by `rest`.
    JournalScan scan_from(std::size_t first, std::string_view rest, std::string_view more = {}) {
        JournalScanner scanner = before[first];
        visited = first;
        scanner.feed(rest);
        while (!more.empty()) {  // in pieces: a finished scan copies no further data
            const std::string_view piece = more.substr(0, 2048);
            scanner.feed(piece);
            more.remove_prefix(piece.size());
        }
        return scanner.finish();
    }

    /// Checks the invariant for a change whose first byte is in record `changed`.
    void expect_invariant(const JournalScan& scan, std::size_t changed, std::string_view what) {
        ++cases;
        ASSERT_EQ(scan.good_bytes, written.starts[changed]) << what << ", record " << changed;
        ASSERT_EQ(scan.tail.next_sequence, changed) << what;
        ASSERT_EQ(visited, changed) << what;
        ASSERT_EQ(scan.state,
                  changed < last_batch ? JournalState::damaged : JournalState::torn_tail)
            << what << ", record " << changed;
        ASSERT_TRUE(scan.state != JournalState::damaged ||
                    written.first_of_batch[scan.proof_sequence] > changed)
            << what << ", record " << changed;
    }

    /// For every byte of a record's line, calls change(line, at), which changes a copy of the line.
    template <typename Change>
    void at_every_byte(std::string_view what, Change change) {
        for (std::size_t record = 0; record < written.records(); ++record) {
            const std::string_view after =
                std::string_view(written.bytes).substr(written.starts[record + 1]);
            const std::string original(written.line(record));
            std::string line = original;
            for (std::size_t at = 0; at < original.size(); ++at) {
                change(line, at);
                if (line != original) {
                    const bool is_behind = line.starts_with(original);
                    expect_invariant(scan_from(record, line, after), record + is_behind, what);
                    if (HasFatalFailure()) {
                        FAIL() << what << " at byte " << at << " of record " << record;
                    }
                }
                line = original;
            }
        }
    }

    /// Scans reordered lines. The first `same` lines are unchanged.
    void expect_edit_found(const std::vector<std::string>& lines,
                           std::size_t same,
                           std::string_view what) {
        std::string rest;
        for (std::size_t index = same; index < lines.size(); ++index) {
            rest += lines[index];
        }
        expect_invariant(scan_from(same, rest), same, what);
    }

    std::vector<std::string> lines() const {
        std::vector<std::string> lines;
        for (std::size_t record = 0; record < written.records(); ++record) {
            lines.emplace_back(written.line(record));
        }
        return lines;
    }

    const test::SampleJournal written = test::SampleJournal::of_every_event();
    /// one scanner per record, fed all bytes before that record, and one fed all bytes
    std::vector<JournalScanner> before;
    std::size_t last_batch = 0;  ///< L
    std::uint64_t visited = 0;   ///< records that the scanner has visited so far
    std::size_t cases = 0;
};

TEST_F(JournalDamage, sample_has_every_event_and_many_batch_sizes) {
    ASSERT_GE(written.records(), 60u);
    std::set<std::string> events;
    for (const std::string& line : lines()) {
        const std::size_t at = line.find("\"ev\":\"") + 6;
        events.insert(line.substr(at, line.find('"', at) - at));
    }
    EXPECT_EQ(events.size(), 14u);
    const std::set<std::uint64_t> batches(written.first_of_batch.begin(),
                                          written.first_of_batch.end());
    EXPECT_GT(batches.size(), 20u);
    EXPECT_GT(written.records() - last_batch, 3u) << "the last batch has several records";
    const JournalScan scan = scan_from(0, written.bytes);
    EXPECT_EQ(scan.state, JournalState::whole);
    EXPECT_EQ(scan.good_bytes, written.bytes.size());
    EXPECT_EQ(scan.tail, written.tail());
    EXPECT_EQ(visited, written.records());
}

TEST_F(JournalDamage, truncation_at_any_byte_keeps_all_complete_records) {
    for (std::size_t length = 0; length < written.bytes.size(); ++length) {
        const std::size_t cut = record_at(length);
        const std::string_view line =
            std::string_view(written.bytes).substr(written.starts[cut], length);
        const std::size_t left = length - written.starts[cut];
        const JournalScan scan = scan_from(cut, line.substr(0, left));
        JournalState expected = left == 0 ? JournalState::whole : JournalState::torn_tail;
        if (cut == 0) {
            expected = left == 0 ? JournalState::empty : JournalState::header_incomplete;
        }
        ASSERT_EQ(scan.state, expected) << length;
        ASSERT_EQ(scan.good_bytes, written.starts[cut]) << length;
        ASSERT_EQ(scan.tail.next_sequence, cut) << length;
        ASSERT_EQ(visited, cut) << length;
        ++cases;
    }
}

TEST_F(JournalDamage, any_flipped_bit_is_detected) {
    for (unsigned bit = 0; bit < 8; ++bit) {
        at_every_byte("bit flipped", [&](std::string& line, std::size_t at) {
            line[at] = static_cast<char>(static_cast<unsigned char>(line[at]) ^ (1U << bit));
        });
    }
    EXPECT_EQ(cases, written.bytes.size() * 8);
}

TEST_F(JournalDamage, any_overwritten_byte_is_detected) {
    for (const char other : {'\0', '\xff', '\n', '\r', '"', '\\', '{', '}', ',', '0', '9', 'f'}) {
        at_every_byte("overwritten", [&](std::string& line, std::size_t at) { line[at] = other; });
    }
    test::SampleRandom random(1);
    at_every_byte("overwritten with a random byte", [&](std::string& line, std::size_t at) {
        line[at] = static_cast<char>(random());
    });
    EXPECT_GT(cases, written.bytes.size() * 11);
}

TEST_F(JournalDamage, any_removed_inserted_or_duplicated_byte_is_detected) {
    at_every_byte("byte taken out", [](std::string& line, std::size_t at) { line.erase(at, 1); });
    at_every_byte("blank put in",
                  [](std::string& line, std::size_t at) { line.insert(at, 1, ' '); });
    at_every_byte("newline put in",
                  [](std::string& line, std::size_t at) { line.insert(at, 1, '\n'); });
    EXPECT_GE(cases, written.bytes.size() * 2);
}

/// Sectors of synced batches; those of the last batch are tested in power_loss_test.cpp.
TEST_F(JournalDamage, lost_sectors_are_detected) {
    test::SampleRandom random(2);
    const std::string_view bytes = written.bytes;
    for (const std::size_t sectors : {1U, 2U, 7U}) {
        for (std::size_t from = 0; from < bytes.size(); from += kSectorBytes) {
            const std::size_t to = std::min(bytes.size(), from + sectors * kSectorBytes);
            if (to > written.starts[last_batch]) {
                break;
            }
            const std::size_t record = record_at(from);
            const std::string_view kept =
                bytes.substr(written.starts[record], from - written.starts[record]);
            std::string garbage(to - from, '\0');
            expect_invariant(
                scan_from(record, std::string(kept) + garbage, bytes.substr(to)), record, "zeros");
            std::generate(
                garbage.begin(), garbage.end(), [&] { return static_cast<char>(random()); });
            expect_invariant(
                scan_from(record, std::string(kept) + garbage, bytes.substr(to)), record, "noise");
            expect_invariant(
                scan_from(record, std::string(kept), bytes.substr(to)), record, "cut out");
            if (HasFatalFailure()) {
                FAIL() << sectors << " sectors at byte " << from;
            }
        }
    }
}

TEST_F(JournalDamage, a_removed_duplicated_or_moved_line_is_detected) {
    for (std::size_t record = 0; record < written.records() && !HasFatalFailure(); ++record) {
        std::vector<std::string> edited = lines();
        edited.insert(edited.begin() + static_cast<std::ptrdiff_t>(record), edited[record]);
        expect_edit_found(edited, record + 1, "doubled");
        if (record + 1 == written.records()) {
            break;  // a missing last record is not detectable
        }
        edited = lines();
        edited.erase(edited.begin() + static_cast<std::ptrdiff_t>(record));
        expect_edit_found(edited, record, "taken out");
        edited = lines();
        std::swap(edited[record], edited[record + 1]);
        expect_edit_found(edited, record, "swapped");
        edited = lines();
        edited[record].pop_back();
        expect_edit_found(edited, record, "joined with the next");
        edited = lines();
        edited[record].insert(0, "\n");
        expect_edit_found(edited, record, "blank line before");
    }
}

/// The CRC is not a signature: the edited record itself is accepted, but its successor is not.
TEST_F(JournalDamage, an_edit_with_a_corrected_checksum_breaks_the_chain) {
    for (std::size_t record = 0; record + 1 < written.records() && !HasFatalFailure(); ++record) {
        std::vector<std::string> edited = lines();
        std::string& line = edited[record];
        line.erase(line.size() - kJournalSealBytes - 1);
        char& digit = line[line.find(",\"t\":\"") + 9];  // a digit of the year
        digit = digit == '5' ? '6' : '5';
        line += fmt::format(",\"c\":\"{:08x}\"}}\n", io::crc32c(line));
        std::string rest;
        for (std::size_t index = record; index < edited.size(); ++index) {
            rest += edited[index];
        }
        expect_invariant(scan_from(record, rest), record + 1, "edited");
    }
}

}  // namespace
}  // namespace keyferry::engine
