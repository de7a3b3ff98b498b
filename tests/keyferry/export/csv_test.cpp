// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/export/csv.hpp"

#include <gtest/gtest.h>

namespace keyferry::cli {
namespace {

TEST(JournalCsv, quotes_separators) {
    EXPECT_EQ(csv_text("plain text"), "plain text");
    EXPECT_EQ(csv_text("a,b"), "\"a,b\"");
    EXPECT_EQ(csv_text("say \"no\""), "\"say \"\"no\"\"\"");
    EXPECT_EQ(csv_text("two\nlines"), "\"two\nlines\"");
    EXPECT_EQ(csv_text(""), "");
}

TEST(JournalCsv, escapes_formulas) {
    EXPECT_EQ(csv_text("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
    EXPECT_EQ(csv_text("+1"), "'+1");
    EXPECT_EQ(csv_text("-1"), "'-1");
    EXPECT_EQ(csv_text("@sum"), "'@sum");
    EXPECT_EQ(csv_text("\t=1"), "'\t=1");
    EXPECT_EQ(csv_text("\r=1"), "\"'\r=1\"");
}

}  // namespace
}  // namespace keyferry::cli
