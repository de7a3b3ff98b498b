// SPDX-License-Identifier: Apache-2.0
#include "io/aws/config_file.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ConfigFile parsed(std::string_view text) {
    return ConfigFile::parse(Secret(text)).value();
}

std::string problem_in(std::string_view text) {
    const Parsed<ConfigFile> file = ConfigFile::parse(Secret(text));
    return file ? "no problem" : file.error().text;
}

TEST(ConfigFile, finds_sections_by_kind_and_name) {
    const ConfigFile file = parsed("[default]\na=1\n[profile dr]\na=2\n[services dr]\na=3\n");
    EXPECT_EQ(file.find("", "default")->value("a"), "1");
    EXPECT_EQ(file.find("profile", "dr")->value("a"), "2");
    EXPECT_EQ(file.find("services", "dr")->value("a"), "3");
    EXPECT_EQ(file.find("profile", "other"), nullptr);
}

TEST(ConfigFile, finds_sections_by_entire_header) {
    const ConfigFile file = parsed("[two words]\na=1\n");
    EXPECT_EQ(file.find("two words")->value("a"), "1");
}

TEST(ConfigFile, removes_quotes_and_spaces_around_names) {
    const ConfigFile file = parsed("[ profile  \"two words\" ]  # why\na = 1\n");
    EXPECT_NE(file.find("profile", "two words"), nullptr);
}

TEST(ConfigFile, keys_are_case_insensitive) {
    EXPECT_EQ(parsed("[a]\nAWS_Access_Key_Id = X\n").find("a")->value("aws_access_key_id"), "X");
}

TEST(ConfigFile, trims_values_only_at_the_ends) {
    const ConfigFile file = parsed("[a]\n  key \t=\t a=b # c ; d  \r\n");
    EXPECT_EQ(file.find("a")->value("key"), "a=b # c ; d");
}

TEST(ConfigFile, skips_blank_lines_comments_and_byte_order_mark) {
    const ConfigFile file = parsed("\xef\xbb\xbf\n# c\n  ; [d]\n[a]\n\nkey=1\n#key=2\n");
    EXPECT_EQ(file.sections().size(), 1U);
    EXPECT_EQ(file.find("a")->find("key")->line, 6U);
}

TEST(ConfigFile, parses_nested_blocks) {
    const ConfigFile file = parsed("[services x]\nkms =\n  endpoint_url = u\n  b = 2\ns3 = \n");
    const ConfigEntry* kms = file.find("services", "x")->find("KMS");
    ASSERT_EQ(kms->nested.size(), 2U);
    EXPECT_EQ(kms->nested[0].key, "endpoint_url");
    EXPECT_EQ(kms->nested[0].value, "u");
    EXPECT_TRUE(file.find("services", "x")->find("s3")->nested.empty());
}

TEST(ConfigFile, parses_indented_sections) {
    const ConfigFile file = parsed("[a]\n  x = 1\n  y = 2\n[b]\ny = 3\n");
    EXPECT_EQ(file.find("a")->value("y"), "2");
    EXPECT_EQ(file.find("b")->value("y"), "3");
}

TEST(ConfigFile, treats_empty_value_as_missing) {
    const ConfigFile file = parsed("[a]\nx =\n");
    EXPECT_NE(file.find("a")->find("x"), nullptr);
    EXPECT_EQ(file.find("a")->value("x"), std::nullopt);
}

TEST(ConfigFile, can_be_moved) {
    ConfigFile first = parsed("[a]\nx = 1\n");
    const ConfigFile second = std::move(first);
    EXPECT_EQ(second.find("a")->value("x"), "1");
}

TEST(ConfigFile, errors_name_the_line) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"x = 1\n", "line 1: it precedes the first [section]"},
        {"[a]\nx\n", "line 2: expected [section] or key = value"},
        {"[a]\n= 1\n", "line 2: the key is missing"},
        {"\n[a\n", "line 2: the section header has no closing ']'"},
        {"[]\n", "line 1: the section has no name"},
        {"[a] x\n", "line 1: only a comment may follow the section's ']'"},
        {"[a]\n[b]\n[a]\n", "line 3: the section 'a' is already defined on line 1"},
        {"[a]\nx=1\nX=2\n", "line 3: the key 'X' is already defined on line 2"},
        {"[a]\nx=1\n  more\n", "line 3: it is indented as if it continued the value of 'x'"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_THAT(problem_in(text), StartsWith(std::string(expected)));
    }
    EXPECT_THAT(problem_in(std::string_view("[a]\nx=\0\n", 8)), HasSubstr("NUL"));
}

TEST(ConfigFile, limits_size_and_line_length) {
    EXPECT_THAT(problem_in(std::string(kConfigFileBytesMax + 1, '\n')), HasSubstr("1048576 bytes"));
    EXPECT_THAT(problem_in("[a]\nx=" + std::string(kConfigLineBytesMax, 'y')),
                HasSubstr("line 2: it has more than 16384 bytes"));
}

TEST(ConfigFile, errors_never_quote_values) {
    for (const std::string_view text : {"[a]\naws_secret_access_key: hunter2\n",
                                        "[a]\nhunter2\n",
                                        "hunter2\n",
                                        "[a]\nx=hunter2\n hunter2\n",
                                        "[a]\nx=hunter2\nx=hunter2\n"}) {
        EXPECT_THAT(problem_in(text), StartsWith("line "));
        EXPECT_THAT(problem_in(text), Not(HasSubstr("hunter2")));
    }
}

}  // namespace
}  // namespace keyferry::io
