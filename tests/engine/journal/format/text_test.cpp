// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/format/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace keyferry::engine {
namespace {

std::string escaped(std::string_view text, std::size_t bytes_max = 200) {
    std::array<char, 256> into{};
    return {into.data(), write_journal_text(into.data(), text, bytes_max)};
}

TEST(JournalText, escapes_everything_but_printable_ascii) {
    EXPECT_EQ(escaped("plain text, 100 %"), "plain text, 100 %");
    EXPECT_EQ(escaped("a \"b\" \\ c"), R"(a \"b\" \\ c)");
    EXPECT_EQ(escaped("\n\x1b\x7f"), R"(\u000a\u001b\u007f)");
    EXPECT_EQ(escaped("sch\xc3\xb6n \xe2\x82\xac"), R"(sch\u00f6n \u20ac)");
    EXPECT_EQ(escaped("\xf0\x9f\x94\x91"), R"(\ud83d\udd11)");
}

TEST(JournalText, replaces_invalid_utf8) {
    EXPECT_EQ(escaped("\xff"), R"(\ufffd)");
    EXPECT_EQ(escaped("\xc0\xaf"), R"(\ufffd\ufffd)") << "overlong";
    EXPECT_EQ(escaped("\xed\xa0\x80"), R"(\ufffd\ufffd\ufffd)") << "a surrogate";
    EXPECT_EQ(escaped("\xe2\x82"), R"(\ufffd\ufffd)") << "a truncated character";
    EXPECT_EQ(escaped("\xf4\x90\x80\x80"), R"(\ufffd\ufffd\ufffd\ufffd)") << "above U+10FFFF";
}

TEST(JournalText, truncates_between_characters_and_marks_it) {
    EXPECT_EQ(escaped("0123456789", 10), "0123456789");
    EXPECT_EQ(escaped("0123456789x", 10), "0123456...");
    EXPECT_EQ(escaped("012345\n", 10), "012345...") << "an escape is never cut";
    EXPECT_EQ(escaped("0123\nx", 10), "0123...") << "an escape that fits is not split either";
    EXPECT_EQ(escaped("\n012", 10), R"(\u000a012)");
    EXPECT_EQ(escaped("\n01234", 10), R"(\u000a0...)");
    EXPECT_EQ(escaped("\n\n", 3), "...");
}

TEST(JournalText, reads_back_written_text) {
    const std::string text = "\"\\\n\t sch\xc3\xb6n \xe2\x82\xac \xf0\x9f\x94\x91 ~";
    EXPECT_EQ(read_journal_text(escaped(text)), text);
}

TEST(JournalText, rejects_other_escapes) {
    for (const char* other : {R"(\n)",
                              R"(\/)",
                              R"(\u004)",
                              R"(\u0041)",
                              R"(\u00F6)",
                              R"(\ud83d)",
                              R"(\ud83d\u0041)",
                              R"(\udd11)",
                              R"(\)",
                              "\n",
                              "\xc3\xb6",
                              "\""}) {
        EXPECT_FALSE(read_journal_text(other)) << other;
    }
}

TEST(JournalTime, is_utc_with_milliseconds) {
    const io::WallTime time{std::chrono::milliseconds{1'787'745'600'123}};
    EXPECT_EQ(journal_time(time), "2026-08-26T12:00:00.123Z");
    EXPECT_EQ(read_journal_time("2026-08-26T12:00:00.123Z"), time);
    EXPECT_EQ(journal_time(io::WallTime{}), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(read_journal_time("1969-12-31T23:59:59.999Z"),
              io::WallTime{std::chrono::milliseconds{-1}});
}

TEST(JournalTime, stays_within_four_digit_years) {
    EXPECT_EQ(journal_time(io::WallTime::max()), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(journal_time(io::WallTime::min()), "0000-01-01T00:00:00.000Z");
}

TEST(JournalTime, refuses_invalid_dates) {
    for (const char* other : {"2026-02-29T12:00:00.123Z",
                              "2026-13-01T12:00:00.123Z",
                              "2026-00-01T12:00:00.123Z",
                              "2026-08-26T24:00:00.123Z",
                              "2026-08-26T12:60:00.123Z",
                              "2026-08-26T12:00:60.123Z",
                              "2026-08-26 12:00:00.123Z",
                              "2026-08-26T12:00:00.123",
                              "2026-08-26T12:00:00.-23Z",
                              ""}) {
        EXPECT_FALSE(read_journal_time(other)) << other;
    }
}

TEST(JournalMinute, reads_each_time_independently) {
    JournalMinute minute;
    for (const char* text : {"2026-08-26T12:00:00.123Z",
                             "2026-08-26T12:00:59.999Z",
                             "2026-08-26T12:01:00.000Z",
                             "1969-12-31T23:59:59.999Z",
                             "1969-12-31T23:59:01.001Z",
                             "2026-08-26T12:00:00.123Z"}) {
        io::WallTime time{};
        ASSERT_TRUE(minute.read(text, time)) << text;
        EXPECT_EQ(time, read_journal_time(text)) << text;
    }
}

TEST(JournalMinute, refuses_invalid_times) {
    JournalMinute minute;
    io::WallTime time{};
    EXPECT_FALSE(minute.read(std::string(17, '\0') + "00.000Z", time))
        << "no earlier time was read";
    ASSERT_TRUE(minute.read("2026-08-26T12:00:00.123Z", time));
    const io::WallTime before = time;
    for (const char* text : {"2026-08-26T12:00:60.000Z",
                             "2026-08-26T12:00:0x.000Z",
                             "2026-08-26T12:00:00,000Z",
                             "2026-08-26T12:00:00.0x0Z",
                             "2026-08-26T12:00:00.000z",
                             "2026-08-26T12:00:00.000",
                             "2026-02-30T12:00:00.000Z"}) {
        EXPECT_FALSE(minute.read(text, time)) << text;
        EXPECT_EQ(time, before);
    }
}

TEST(JournalText, splits_values_between_characters) {
    constexpr std::size_t kBytesMax = 24;
    std::string text;
    for (int n = 0; n < 40; ++n) {
        text += "a\"\\\x01é中\U0001f511";
    }
    std::string joined;
    for (const std::string_view part : split_journal_text(text, kBytesMax)) {
        std::array<char, kBytesMax> written{};
        const char* const end = write_journal_text(written.data(), part, kBytesMax);
        const auto read = read_journal_text(std::string_view(written.data(), end));
        ASSERT_EQ(read, part) << "neither truncated nor cut within a character";
        joined += *read;
    }
    EXPECT_EQ(joined, text);
    EXPECT_EQ(split_journal_text("", kBytesMax).size(), 1U);
}

}  // namespace
}  // namespace keyferry::engine
