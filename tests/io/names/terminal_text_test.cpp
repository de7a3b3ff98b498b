// SPDX-License-Identifier: Apache-2.0
#include "io/names/terminal_text.hpp"

#include <gtest/gtest.h>

namespace keyferry::io {
namespace {

TEST(TerminalText, keeps_ordinary_text) {
    EXPECT_EQ(terminal_text("plain, schön, \xe2\x82\xac, \xf0\x9f\x94\x91\n\tnext"),
              "plain, schön, \xe2\x82\xac, \xf0\x9f\x94\x91\n\tnext");
    EXPECT_EQ(terminal_text(""), "");
}

TEST(TerminalText, escapes_control_characters) {
    EXPECT_EQ(terminal_text("a\x1b[31mb\r\x7f"), "a\\x1b[31mb\\x0d\\x7f");
    EXPECT_EQ(terminal_text("\xc2\x9b"
                            "31m"),
              "\\x9b31m")
        << "CSI as a C1 character";
    EXPECT_EQ(terminal_text("\xc2\xa0"), "\xc2\xa0") << "the first character after C1";
}

TEST(TerminalText, escapes_invalid_utf8) {
    EXPECT_EQ(terminal_text("\x9b"
                            "31m"),
              "\\x9b31m")
        << "CSI as a single byte";
    EXPECT_EQ(terminal_text("\xc0\x9b"), "\\xc0\\x9b") << "overlong";
    EXPECT_EQ(terminal_text("\xe2\x82"), "\\xe2\\x82") << "truncated";
    EXPECT_EQ(terminal_text("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
    EXPECT_EQ(terminal_text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
}

TEST(TerminalText, a_line_has_no_newlines_and_tabs) {
    EXPECT_EQ(terminal_line("a\nb\tc"), "a\\x0ab\\x09c");
}

TEST(TerminalText, detects_whether_a_line_needs_escaping) {
    EXPECT_FALSE(has_control_characters("plain, schön"));
    for (const char* text : {"a\n", "\x7f", "\xc2\x80", "\xff"}) {
        EXPECT_TRUE(has_control_characters(text)) << text;
    }
}

}  // namespace
}  // namespace keyferry::io
