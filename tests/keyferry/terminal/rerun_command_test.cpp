// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/rerun_command.hpp"

#include <gtest/gtest.h>

namespace keyferry::cli {
namespace {

TEST(RerunCommand, quotes_words_for_the_shell) {
    EXPECT_EQ(rerun_command({"./keyferry", "run", "my fleet.toml", "--region", "eu-*"}),
              "./keyferry run 'my fleet.toml' --region 'eu-*'");
}

TEST(RerunCommand, contains_no_credentials_of_a_url) {
    EXPECT_EQ(rerun_command({"keyferry", "run", "f", "--endpoint-url=https://me:secret@kms:8443"}),
              "keyferry run f --endpoint-url=https://...@kms:8443");
    EXPECT_EQ(rerun_command({"keyferry", "run", "a@b", "https://kms/"}),
              "keyferry run a@b https://kms/");
}

TEST(RerunCommand, adds_an_option_after_the_command) {
    EXPECT_EQ(with_option({"keyferry", "run", "--", "f"}, "--journal", "x"),
              (CommandWords{"keyferry", "run", "--journal", "x", "--", "f"}));
}

TEST(RerunCommand, removes_an_option_in_each_form) {
    EXPECT_EQ(
        without_option({"keyferry", "sync", "--journal", "x", "f", "--journal=y"}, "--journal"),
        (CommandWords{"keyferry", "sync", "f"}));
    EXPECT_EQ(without_option({"keyferry", "sync", "--", "--journal"}, "--journal"),
              (CommandWords{"keyferry", "sync", "--", "--journal"}));
}

}  // namespace
}  // namespace keyferry::cli
