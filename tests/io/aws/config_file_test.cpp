// SPDX-License-Identifier: Apache-2.0
#include "io/aws/config_file.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace keyferry::io {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
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
    EXPECT_EQ(file.find("profile", "default")->value("a"), "1");
    EXPECT_EQ(file.find("default")->value("a"), "1");
    EXPECT_EQ(file.find("profile", "dr")->value("a"), "2");
    EXPECT_EQ(file.find("services", "dr")->value("a"), "3");
    EXPECT_EQ(file.find("profile", "other"), nullptr);
}

TEST(ConfigFile, finds_sections_by_entire_header) {
    const ConfigFile file = parsed("[two words]\na=1\n[ spaces ]\na=2\n");
    EXPECT_EQ(file.find("two words")->value("a"), "1");
    EXPECT_EQ(file.find(" spaces ")->value("a"), "2");
    EXPECT_EQ(file.find("spaces"), nullptr);
}

TEST(ConfigFile, header_ends_at_last_bracket_of_line) {
    const ConfigFile file =
        parsed("[profile a]  # why\nx=1\n[profile b] text\nx=2\n[profile my[dev]] = c\nx=3\n");
    EXPECT_EQ(file.find("profile", "a")->value("x"), "1");
    EXPECT_EQ(file.find("profile", "b")->value("x"), "2");
    EXPECT_EQ(file.find("profile", "my[dev]")->value("x"), "3");
}

TEST(ConfigFile, headers_of_a_kind_begin_with_its_word_and_have_two_shell_words) {
    const ConfigFile file = parsed(
        "[profile  \"two words\"]\na=1\n[profilex y]\na=2\n[sso-sessions 'z']\na=3\n"
        "[ profile spaced]\n[profile a b]\n[profile]\n[profile \"open]\n[profile d\\ e]\na=4\n");
    EXPECT_EQ(file.find("profile", "two words")->value("a"), "1");
    EXPECT_EQ(file.find("profile", "y")->value("a"), "2");
    EXPECT_EQ(file.find("sso-session", "z")->value("a"), "3");
    EXPECT_EQ(file.find("profile", "d e")->value("a"), "4");
    for (const std::string_view name : {"spaced", "a", "b", "a b", "", "\"open", "open"}) {
        EXPECT_EQ(file.find("profile", name), nullptr) << name;
    }
}

TEST(ConfigFile, later_section_with_the_same_name_replaces_earlier_one) {
    const ConfigFile file = parsed(
        "[profile a]\nx=1\ny=1\n[profile 'a']\nx=2\n[profile default]\nx=3\n[default]\nx=4\n");
    EXPECT_EQ(file.find("profile", "a")->value("x"), "2");
    EXPECT_EQ(file.find("profile", "a")->value("y"), std::nullopt);
    EXPECT_EQ(file.find("profile", "default")->value("x"), "4");
}

TEST(ConfigFile, sections_inherit_keys_of_default_section) {
    const ConfigFile file = parsed(
        "[DEFAULT]\nx = 1\ny = 1\n[a]\nx = 2\n[DEFAULT]\nz = 3\ns3 =\n  q = 4\n[b]\nZ = 5\n");
    EXPECT_EQ(file.find("a")->value("x"), "2");
    EXPECT_EQ(file.find("a")->value("y"), "1");
    EXPECT_EQ(file.find("a")->value("z"), "3");
    EXPECT_EQ(file.find("a")->find("s3")->find("q")->value, "4");
    EXPECT_EQ(file.find("b")->value("x"), "1");
    EXPECT_EQ(file.find("b")->value("z"), "5");
    EXPECT_EQ(file.find("DEFAULT"), nullptr) << "it is not a profile";
    EXPECT_EQ(file.find("a")->all_entries().size(), 4U);
    EXPECT_EQ(file.find("b")->all_entries().size(), 4U);
}

TEST(ConfigFile, keys_are_case_insensitive) {
    EXPECT_EQ(parsed("[a]\nAWS_Access_Key_Id = X\n").find("a")->value("aws_access_key_id"), "X");
}

TEST(ConfigFile, trims_values_only_at_the_ends) {
    const ConfigFile file = parsed("[a]\n  key \t=\t a=b # c ; d  \r\n");
    EXPECT_EQ(file.find("a")->value("key"), "a=b # c ; d");
}

TEST(ConfigFile, first_equals_sign_or_colon_ends_key) {
    const ConfigFile file = parsed("[a]\nregion: us-east-1\nrole=arn:aws:iam\nu : x=1\n[b = c\n");
    EXPECT_EQ(file.find("a")->value("region"), "us-east-1");
    EXPECT_EQ(file.find("a")->value("role"), "arn:aws:iam");
    EXPECT_EQ(file.find("a")->value("u"), "x=1");
    EXPECT_EQ(file.find("a")->value("[b"), "c") << "a header needs both brackets";
}

TEST(ConfigFile, joins_continued_values) {
    const ConfigFile file = parsed(
        "[a]\nx = 1\n  2\n\n  # no part of it\n    [3]\n\ny = 4\n\n[b]\n z = 5\n z2 = 6\n  7\n");
    EXPECT_EQ(file.find("a")->value("x"), "1\n2\n\n[3]");
    EXPECT_EQ(file.find("a")->value("y"), "4");
    EXPECT_EQ(file.find("b")->value("z"), "5");
    EXPECT_EQ(file.find("b")->value("z2"), "6\n7");
}

TEST(ConfigFile, indented_header_is_a_header_unless_it_continues_a_value) {
    const ConfigFile file = parsed("  [a]\nx = 1\n[b]\n  [c]\ny = 2\n  [d]\nz = 3\n");
    EXPECT_EQ(file.find("a")->value("x"), "1");
    EXPECT_EQ(file.find("c")->value("y"), "2\n[d]");
    EXPECT_EQ(file.find("c")->value("z"), "3");
    EXPECT_EQ(file.find("d"), nullptr);
}

TEST(ConfigFile, accepts_all_line_ends) {
    const ConfigFile file = parsed("[a]\r\nx = 1\r\n\ty\r[b]\rz = 2\n");
    EXPECT_EQ(file.find("a")->value("x"), "1\ny");
    EXPECT_EQ(file.find("b")->find("z")->line, 5U);
}

TEST(ConfigFile, removes_no_break_spaces_around_values) {
    EXPECT_EQ(parsed("[a]\nx\xc2\xa0=\xc2\xa0 1\xe2\x80\x8a\n").find("a")->value("x"), "1");
}

TEST(ConfigFile, skips_blank_lines_comments_and_byte_order_mark) {
    const ConfigFile file = parsed("\xef\xbb\xbf\n# c\n  ; [d]\n[a]\n\nkey=1\n#key=2\n");
    EXPECT_EQ(file.sections().size(), 1U);
    EXPECT_EQ(file.find("a")->find("key")->line, 6U);
}

TEST(ConfigFile, parses_nested_blocks) {
    const ConfigFile file =
        parsed("[services x]\nkms =\n  endpoint_url = u\n  b = 2\n  b = 3\ns3 = \n");
    const ConfigEntry* kms = file.find("services", "x")->find("KMS");
    ASSERT_EQ(kms->nested.size(), 3U);
    EXPECT_EQ(kms->find("endpoint_url")->value, "u");
    EXPECT_EQ(kms->find("endpoint_url")->line, 3U);
    EXPECT_EQ(kms->find("Endpoint_url"), nullptr) << "keys in blocks are case-sensitive";
    EXPECT_EQ(kms->find("b")->value, "3") << "the last value counts";
    EXPECT_THAT(std::string(kms->value), StartsWith("\nendpoint_url"));
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
    ConfigFile first = parsed("[a]\nx = 1\n[DEFAULT]\ny = 2\n  3\n");
    const ConfigFile second = std::move(first);
    EXPECT_EQ(second.find("a")->value("x"), "1");
    EXPECT_EQ(second.find("a")->value("y"), "2\n3");
}

TEST(ConfigFile, errors_name_line_and_column) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"x = 1\n", "1:1: expected a [section] before the first key"},
        {"\n [a\n", "2:2: expected a [section] before the first key"},
        {"[a]\n  x\n", "2:3: expected [section] or key = value"},
        {"[a]\nx=1\n[b\n", "3:1: expected [section]; the brackets are incomplete or empty"},
        {"[a]\n[]\n", "2:1: expected [section]; the brackets are incomplete or empty"},
        {"[a]\n= 1\n", "2:1: the key is missing"},
        {"[a]\n[b]\n[a]\n", "3:1: the section 'a' is already defined on line 1"},
        {"[a]\nx=1\nX:2\n", "3:1: the key 'X' is already defined on line 2"},
        {"[DEFAULT]\nx=1\n[DEFAULT]\nx=2\n", "4:1: the key 'x' is already defined on line 2"},
        {"[a]\nx=\n  y=1\n  more\n", "4:3: expected key = value, because the line is indented"},
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_THAT(problem_in(text), StartsWith(std::string(expected)));
    }
    EXPECT_THAT(problem_in(std::string_view("[a]\nx=\0\n", 8)), HasSubstr("NUL"));
}

TEST(ConfigFile, limits_size_and_line_length) {
    EXPECT_THAT(problem_in(std::string(kConfigFileBytesMax + 1, '\n')),
                HasSubstr("1:1: it has more than 1048576 bytes"));
    EXPECT_THAT(problem_in("[a]\nx=" + std::string(kConfigLineBytesMax, 'y')),
                HasSubstr("2:1: it has more than 16384 bytes"));
}

TEST(ConfigFile, errors_never_quote_values) {
    for (const std::string_view text : {"[a]\nhunter2\n",
                                        "hunter2\n",
                                        "[a]\n[hunter2\n",
                                        "[a]\nx=\n hunter2\n",
                                        "[a]\nx=hunter2\nx=hunter2\n"}) {
        EXPECT_THAT(problem_in(text), MatchesRegex("[1-3]:[12]: .*"));
        EXPECT_THAT(problem_in(text), Not(HasSubstr("hunter2")));
    }
}

}  // namespace
}  // namespace keyferry::io
