// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/read/search.hpp"

#include "io/checksum/crc32c.hpp"
#include "tests/support/sample_journal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::engine {
namespace {

using Numbers = std::vector<std::uint64_t>;

Numbers found_in(std::string_view bytes, std::size_t chunk_bytes = 1U << 20U) {
    JournalSearch search;
    JournalFrame frame;
    Numbers numbers;
    while (!bytes.empty()) {
        search.feed(bytes.substr(0, chunk_bytes));
        while (search.next(frame)) {
            numbers.push_back(frame.sequence);
        }
        bytes.remove_prefix(std::min(bytes.size(), chunk_bytes));
    }
    return numbers;
}

Numbers numbers_up_to(std::uint64_t end) {
    Numbers numbers(end);
    for (std::uint64_t number = 0; number < end; ++number) {
        numbers[number] = number;
    }
    return numbers;
}

TEST(JournalSearch, finds_every_record_in_chunks_of_any_size) {
    const test::SampleJournal journal = test::SampleJournal::of_every_event();
    for (const std::size_t chunk_bytes : {1U, 5U, 300U, 4096U, 100'000U}) {
        EXPECT_EQ(found_in(journal.bytes, chunk_bytes), numbers_up_to(journal.records()));
    }
}

TEST(JournalSearch, needs_no_newline) {
    const test::SampleJournal journal = test::SampleJournal::of_every_event();
    std::string bytes = journal.bytes;
    bytes.erase(std::remove(bytes.begin(), bytes.end(), '\n'), bytes.end());
    EXPECT_EQ(found_in(bytes), numbers_up_to(journal.records()));
    EXPECT_EQ(found_in(bytes, 77), numbers_up_to(journal.records()));
}

TEST(JournalSearch, finds_records_between_halves_of_others) {
    const test::SampleJournal journal;
    const std::string header(journal.line(0));
    const std::string run(journal.line(1));
    EXPECT_EQ(found_in(header.substr(0, 50) + run + header.substr(50)), (Numbers{1}));
    EXPECT_EQ(found_in(run.substr(20) + header + run.substr(0, 20) + run), (Numbers{0, 1}));
    EXPECT_EQ(found_in(run.substr(0, run.size() - 5) + header), (Numbers{0}));
}

TEST(JournalSearch, finds_the_longest_possible_record_and_none_longer) {
    const test::SampleJournal journal;
    for (const std::size_t length : {kJournalLineBytesMax - 1, kJournalLineBytesMax}) {
        std::string record = R"({"n":9,"k":9,"p":"00000000")";
        record.resize(length - kJournalSealBytes, 'x');
        record += fmt::format(",\"c\":\"{:08x}\"}}", io::crc32c(record));
        const Numbers expected = length < kJournalLineBytesMax ? Numbers{9, 1} : Numbers{1};
        for (const std::size_t chunk_bytes : {1U, 4095U, 100'000U}) {
            EXPECT_EQ(found_in(record + std::string(journal.line(1)), chunk_bytes), expected);
        }
    }
}

TEST(JournalSearch, never_finds_a_record_inside_another) {
    const test::SampleJournal journal;
    std::string record = R"({"n":9,"k":9,"p":"00000000","x":{"n":8})";
    record += fmt::format(",\"c\":\"{:08x}\"}}", io::crc32c(record));
    EXPECT_EQ(found_in(record + std::string(journal.line(1))), (Numbers{1}));
}

TEST(JournalSearch, finds_nothing_in_data_without_records) {
    EXPECT_EQ(found_in(""), Numbers{});
    for (const std::string part :
         {"{\"n\":", ",\"c\":\"", "{\"n\":1,\"c\":\"00000000\"}", "{", "\n"}) {
        std::string bytes;
        while (bytes.size() < 20'000) {
            bytes += part;
        }
        EXPECT_EQ(found_in(bytes), Numbers{}) << part;
        EXPECT_EQ(found_in(bytes, 3), Numbers{}) << part;
    }
}

}  // namespace
}  // namespace keyferry::engine
