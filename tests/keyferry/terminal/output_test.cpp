// SPDX-License-Identifier: Apache-2.0
// The two styles of messages, and what standard output receives from a command that fails.
#include "tools/keyferry/terminal/output.hpp"

#include "tools/keyferry/terminal/exit_codes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace keyferry::cli {
namespace {

class OutputStyle : public testing::Test {
  protected:
    ~OutputStyle() override { set_log_style(LogStyle::text); }
};

LogStyle style_of(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "keyferry");
    return log_style_of(static_cast<int>(arguments.size()), arguments.data());
}

TEST_F(OutputStyle, follows_from_the_arguments) {
    EXPECT_EQ(style_of({"plan", "f", "--json"}), LogStyle::json);
    EXPECT_EQ(style_of({"plan", "--format", "json", "f"}), LogStyle::json);
    EXPECT_EQ(style_of({"plan", "--format=json", "f"}), LogStyle::json);
    EXPECT_EQ(style_of({"plan", "f", "--format"}), LogStyle::text);
    EXPECT_EQ(style_of({"plan", "--format", "html", "json"}), LogStyle::text);
    EXPECT_EQ(style_of({"plan", "--", "--json"}), LogStyle::text);
}

TEST_F(OutputStyle, makes_each_message_a_line) {
    EXPECT_EQ(log_line("WARNING: a\tb"), "keyferry: WARNING: a\tb\n");
    set_log_style(LogStyle::json);
    EXPECT_EQ(log_line("two\nlines \"quoted\""),
              R"({"level":"info","message":"two\nlines \"quoted\""})"
              "\n");
    EXPECT_EQ(log_line("WARNING: so"), "{\"level\":\"warning\",\"message\":\"so\"}\n");
    EXPECT_EQ(log_line("\x1b\xff"),
              R"({"level":"info","message":"\\x1b\\xff"})"
              "\n");
}

TEST_F(OutputStyle, errors_are_objects) {
    EXPECT_EQ(error_object(exit_usage, "no \"spec\""),
              R"({"error":{"code":3,"message":"no \"spec\""}})"
              "\n");
}

TEST_F(OutputStyle, standard_output_gets_one_object) {
    EXPECT_FALSE(lacks_json_output()) << "in the style text";
    set_log_style(LogStyle::json);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    log_error("first");
    log_error("second");
    log_message("advice");
    finish_output(exit_done);
    EXPECT_TRUE(lacks_json_output()) << "a success has its own report";
    finish_output(exit_changes);
    write_stdout("{}\n");
    EXPECT_FALSE(lacks_json_output());
    finish_output(exit_changes);
    EXPECT_EQ(testing::internal::GetCapturedStdout(),
              R"({"error":{"code":2,"message":"first\nsecond"}})"
              "\n{}\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              R"({"level":"error","message":"first"})"
              "\n"
              R"({"level":"error","message":"second"})"
              "\n"
              R"({"level":"info","message":"advice"})"
              "\n");
}

}  // namespace
}  // namespace keyferry::cli
