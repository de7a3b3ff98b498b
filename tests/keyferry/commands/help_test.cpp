// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
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

TEST(CommandHelp, fits_a_terminal_of_100_columns) {
    const std::vector<std::vector<const char*>> commands{{"validate"},
                                                         {"schema"},
                                                         {"plan"},
                                                         {"show"},
                                                         {"permissions"},
                                                         {"run"},
                                                         {"check"},
                                                         {"sync"},
                                                         {"whoami"},
                                                         {"status"},
                                                         {"simulate"},
                                                         {"journal"},
                                                         {"journal", "verify"},
                                                         {"journal", "compact"},
                                                         {"journal", "export"},
                                                         {"journal", "salvage"}};
    for (const std::vector<const char*>& command : commands) {
        const std::string help = help_of(command);
        EXPECT_NE(help, "");
        std::istringstream lines(help);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), kColumnsMax) << command.back() << ": " << line;
        }
    }
}

}  // namespace
}  // namespace keyferry::cli
