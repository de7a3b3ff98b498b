// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::cli {
namespace {

constexpr std::size_t kColumnsMax = 100;

std::string help_of(std::vector<const char*> arguments) {
    CommandLine line("keyferry", "");
    add_all_commands(line);
    arguments.insert(arguments.begin(), "keyferry");
    arguments.push_back("--help");
    testing::internal::CaptureStdout();
    EXPECT_EQ(line.run(static_cast<int>(arguments.size()), arguments.data(), exit_usage), 0);
    return testing::internal::GetCapturedStdout();
}

const std::vector<std::vector<const char*>> kCommands{{"validate"},
                                                      {"schema"},
                                                      {"plan"},
                                                      {"show"},
                                                      {"permissions"},
                                                      {"run"},
                                                      {"check"},
                                                      {"sync"},
                                                      {"whoami"},
                                                      {"status"},
                                                      {"explain"},
                                                      {"simulate"},
                                                      {"journal"},
                                                      {"journal", "verify"},
                                                      {"journal", "compact"},
                                                      {"journal", "export"},
                                                      {"journal", "salvage"}};

TEST(CommandHelp, fits_a_terminal_of_100_columns) {
    for (const std::vector<const char*>& command : kCommands) {
        const std::string help = help_of(command);
        EXPECT_NE(help, "");
        std::istringstream lines(help);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), kColumnsMax) << command.back() << ": " << line;
        }
    }
}

/// Returns the codes and their explanations in a command's help: "Exit codes: 0 done; 3 usage."
std::vector<std::pair<int, std::string>> exit_codes_in(std::string help) {
    std::replace(help.begin(), help.end(), '\n', ' ');
    const std::string_view heading = "Exit codes: ";
    const std::size_t begin = help.find(heading);
    if (begin == std::string::npos) {
        return {};
    }
    std::istringstream parts(help.substr(begin + heading.size()));
    std::vector<std::pair<int, std::string>> codes;
    for (std::string part; std::getline(parts, part, ';');) {
        part.erase(0, part.find_first_not_of(' '));
        if (part.find_first_of("0123456789") == 0) {
            const std::size_t space = part.find(' ');
            codes.emplace_back(std::stoi(part.substr(0, space)), part.substr(space));
        } else if (!codes.empty()) {
            codes.back().second += ";" + part;
        }
    }
    return codes;
}

/// The explanation of each code must contain one of these words, so that each code has the same
/// meaning in every command.
const std::map<int, std::regex> kWordsOfCodes{
    {exit_done, std::regex(".")},
    {exit_error, std::regex("cannot|nothing")},
    {exit_changes, std::regex("do not|differ|changed|out of date")},
    {exit_usage, std::regex("usage|spec|errors|plan")},
    {exit_jobs_failed, std::regex("failed|refused")},
    {exit_work_left, std::regex("rerun|respon")},
    {exit_permission, std::regex("credentials")},
    {exit_journal, std::regex("journal")},
    {exit_journal_held, std::regex("another|process|use")},
    {exit_interrupted, std::regex("interrupted")},
};

TEST(CommandHelp, gives_exit_codes_the_meanings_of_the_table) {
    for (const std::vector<const char*>& command : kCommands) {
        const auto codes = exit_codes_in(help_of(command));
        if (command.size() > 1 || command.front() != std::string_view("journal")) {
            ASSERT_FALSE(codes.empty()) << command.back();
            EXPECT_EQ(codes.front().first, exit_done) << command.back();
        }
        int last = -1;
        for (const auto& [code, text] : codes) {
            EXPECT_GT(code, last) << command.back() << ": each code is explained once, in order";
            last = code;
            ASSERT_TRUE(kWordsOfCodes.contains(code)) << command.back() << " " << code;
            EXPECT_TRUE(std::regex_search(text, kWordsOfCodes.at(code)))
                << command.back() << " " << code << text;
        }
    }
}

TEST(CommandHelp, table_has_every_exit_code_once) {
    ASSERT_EQ(kExitCodeMeanings.size(), kWordsOfCodes.size());
    auto expected = kWordsOfCodes.begin();
    for (const ExitCodeMeaning& each : kExitCodeMeanings) {
        EXPECT_EQ(each.code, (expected++)->first);
        EXPECT_NE(each.meaning, "");
        EXPECT_LE(each.meaning.size(), kColumnsMax - 7);
    }
}

}  // namespace
}  // namespace keyferry::cli
