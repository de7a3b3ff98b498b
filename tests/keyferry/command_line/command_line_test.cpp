// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/command_line/command_line.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <gmock/gmock.h>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace keyferry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int kUsage = 3;
constexpr int kBody = 7;

class CommandLineTest : public testing::Test {
  protected:
    CommandLineTest() {
        command.argument("FLEET", fleet, "The fleet spec");
        command.flag("--json", json, "Print JSON");
        command.negative_flag("--no-preflight", preflight, "Skip the preflight checks");
        command.option("--progress", progress, "How to show progress")
            .one_of({"auto", "bar"})
            .show_default();
        const Option limit = command.option("--first", first, "Only the first N")
                                 .range(std::uint64_t{1}, std::uint64_t{20})
                                 .type_name("N")
                                 .group("Part of the fleet");
        command.option("--key", keys, std::string(150, 'k') + " " + std::string(60, 'w'))
            .single_value();
        command.option("--max-cost", cost, "Limit").non_negative().needs(limit);
        command
            .parsed_option(
                "--csv", [this](const std::string& file) { csv = file; }, "Write CSV")
            .optional_value();
        command.parsed_option(
            "--shard",
            [](const std::string& text) { throw UsageError("--shard", text + " is no shard"); },
            "Shard");
        command.on_run([] { return kBody; });
        line.version("keyferry 1.2.3");
        line.footer("Footer of the program");
    }

    int run(std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), "keyferry");
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const int code = line.run(static_cast<int>(arguments.size()), arguments.data(), kUsage);
        out = testing::internal::GetCapturedStdout();
        err = testing::internal::GetCapturedStderr();
        return code;
    }

    CommandLine line{"keyferry", "Replicates keys."};
    Command command = line.command("run", "Runs a fleet");
    std::string fleet;
    bool json = false;
    bool preflight = true;
    std::string progress = "auto";
    std::optional<std::uint64_t> first;
    std::vector<std::string> keys;
    std::optional<double> cost;
    std::optional<std::string> csv;
    std::string out;
    std::string err;
};

TEST_F(CommandLineTest, runs_the_selected_command_with_its_options) {
    EXPECT_EQ(run({"run", "--key", "a", "fleet.toml", "--json", "--key=b", "--first", "5"}), kBody);
    EXPECT_EQ(fleet, "fleet.toml");
    EXPECT_TRUE(json);
    EXPECT_TRUE(preflight);
    EXPECT_EQ(first, 5u);
    EXPECT_THAT(keys, ElementsAre("a", "b"));
    EXPECT_EQ(err, "");
}

TEST_F(CommandLineTest, negative_flag_clears_its_variable) {
    EXPECT_EQ(run({"run", "fleet.toml", "--no-preflight"}), kBody);
    EXPECT_FALSE(preflight);
}

TEST_F(CommandLineTest, optional_value_may_be_omitted) {
    EXPECT_EQ(run({"run", "fleet.toml", "--csv"}), kBody);
    EXPECT_EQ(csv, "");
}

TEST_F(CommandLineTest, reports_usage_errors_and_where_to_find_help) {
    const std::vector<std::pair<std::vector<const char*>, std::string>> cases{
        {{"run"}, "FLEET is required"},
        {{"run", "f", "--progress", "x"}, "--progress: 'x' is not one of auto, bar"},
        {{"run", "f", "--first", "0"}, "--first: '0' is not a number from 1 to 20"},
        {{"run", "f", "--first", "1", "--max-cost", "-1"},
         "--max-cost: '-1' is not a non-negative number"},
        {{"run", "f", "--max-cost", "1"}, "--max-cost requires --first"},
        {{"run", "f", "--shard", "x"}, "--shard: x is no shard"},
        {{"run", "f", "g"}, "unexpected argument 'g'"},
        {{"run", "--", "f", "-g"}, "unexpected argument '-g'"},
        {{"run", "f", "--nope"}, "unknown option '--nope'\n"}};
    for (const auto& [arguments, text] : cases) {
        EXPECT_EQ(run(arguments), kUsage) << text;
        EXPECT_THAT(err, HasSubstr("keyferry: "));
        EXPECT_THAT(err, HasSubstr(text));
        EXPECT_THAT(err, HasSubstr("Run 'keyferry run --help' for usage."));
        EXPECT_EQ(out, "");
    }
}

TEST_F(CommandLineTest, suggests_the_nearest_command_or_option) {
    EXPECT_EQ(run({"rnu", "f"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown command 'rnu' (did you mean 'run'?)\n"));
    EXPECT_EQ(run({"replicate", "f"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown command 'replicate'\n"));
    EXPECT_EQ(run({"run", "f", "--progess=bar"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown option '--progess' (did you mean '--progress'?)\n"));
    EXPECT_EQ(run({"run", "--jsn"}), kUsage) << "FLEET is missing too";
    EXPECT_THAT(err, HasSubstr("unknown option '--jsn' (did you mean '--json'?)\n"));
    EXPECT_EQ(run({"--versoin"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown option '--versoin' (did you mean '--version'?)\n"));
    EXPECT_EQ(run({"run", "f", "-json"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown option '-json' (did you mean '--json'?)\n"));
}

TEST_F(CommandLineTest, suggests_by_initial_other_name_and_other_command) {
    EXPECT_EQ(run({"run", "f", "-j"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown option '-j' (did you mean '--json'?)\n"));
    EXPECT_EQ(run({"run", "f", "-c"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown option '-c' (did you mean '--csv'?)\n"));
    EXPECT_EQ(run({"run", "f", "-z"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown option '-z'\n"));
    line.suggest("run", "apply");
    EXPECT_EQ(run({"apply", "f"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown command 'apply' (did you mean 'run'?)\n"));
    bool dry = false;
    line.command("sync", "Sync").flag("--dry-run", dry, "Change nothing");
    EXPECT_EQ(run({"run", "f", "--dryrun"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown option '--dryrun' ('keyferry sync' has '--dry-run')\n"));
}

TEST_F(CommandLineTest, escapes_unknown_commands) {
    EXPECT_EQ(run({"\x1b[31m"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown command '\\x1b[31m'"));
}

TEST_F(CommandLineTest, rejects_an_empty_value) {
    EXPECT_EQ(run({"run", "f", "--csv="}), kUsage);
    EXPECT_THAT(err, HasSubstr("--csv= has no value"));
    EXPECT_EQ(run({"run", "f", "--progress", ""}), kUsage);
    EXPECT_THAT(err, HasSubstr("the value of --progress is empty"));
    EXPECT_EQ(run({"run", ""}), kUsage);
    EXPECT_THAT(err, HasSubstr("an argument is empty"));
}

TEST_F(CommandLineTest, rejects_invalid_values) {
    EXPECT_EQ(run({"run", "fleet.toml", "--first", "1", "--max-cost", "inf"}), kUsage);
    EXPECT_EQ(run({"run", "fleet.toml", "--first", "1", "--max-cost", "1e400"}), kUsage);
    EXPECT_EQ(run({"run", "fleet.toml", "--no-preflight=9999999999999999999999"}), kUsage);
}

TEST_F(CommandLineTest, accepts_decimal_numbers_only) {
    for (const char* text : {"-1", "+1", "0x10", "1.5", "1e1", "five", " 1"}) {
        EXPECT_EQ(run({"run", "fleet.toml", "--first", text}), kUsage) << text;
        EXPECT_THAT(
            err, HasSubstr(fmt::format("--first: '{}' is not a whole number of 0 or more", text)));
    }
    EXPECT_EQ(run({"run", "fleet.toml", "--first", "18446744073709551617"}), kUsage);
    EXPECT_THAT(err, HasSubstr("--first: '18446744073709551617' is too large"));
    EXPECT_EQ(run({"run", "fleet.toml", "--first", "010"}), kBody);
    EXPECT_EQ(first, 10u) << "not octal";
    for (const char* text : {"0x1p3", "ten", "1,5"}) {
        EXPECT_EQ(run({"run", "fleet.toml", "--first", "1", "--max-cost", text}), kUsage) << text;
        EXPECT_THAT(err, HasSubstr(fmt::format("--max-cost: '{}' is not a number", text)));
    }
    EXPECT_EQ(run({"run", "fleet.toml", "--first", "1", "--max-cost", "0.25"}), kBody);
    EXPECT_EQ(cost, 0.25);
}

TEST_F(CommandLineTest, escapes_control_characters_of_arguments) {
    EXPECT_EQ(run({"run", "fleet.toml", "--\x1b[31m="}), kUsage);
    EXPECT_THAT(err, HasSubstr("--\\x1b[31m= has no value"));
}

TEST_F(CommandLineTest, help_is_at_most_100_columns_wide) {
    EXPECT_EQ(run({"run", "--help"}), 0);
    std::istringstream lines(out);
    for (std::string text; std::getline(lines, text);) {
        // Words that are longer than the column are not split.
        EXPECT_TRUE(text.size() <= 100 || text.find("kkk") != std::string::npos) << text;
    }
    EXPECT_THAT(out, HasSubstr("--no-preflight              Skip"));
    EXPECT_THAT(out, HasSubstr("--progress {auto,bar}=auto  How"));
    EXPECT_THAT(out, Not(HasSubstr("\n\n\n")));
    EXPECT_THAT(out, Not(HasSubstr("Footer of the program")));
}

TEST_F(CommandLineTest, prints_the_version) {
    for (const char* argument : {"--version", "version"}) {
        EXPECT_EQ(run({argument}), 0);
        EXPECT_EQ(out, "keyferry 1.2.3\n");
    }
}

TEST_F(CommandLineTest, prints_help_without_arguments_and_on_request) {
    EXPECT_EQ(run({"--help"}), 0);
    const std::string overview = out;
    for (const std::vector<const char*>& arguments : {std::vector<const char*>{}, {"help"}}) {
        EXPECT_EQ(run(arguments), 0);
        EXPECT_EQ(out, overview);
    }
    EXPECT_EQ(run({"run", "--help"}), 0);
    const std::string help = out;
    EXPECT_EQ(run({"help", "run"}), 0);
    EXPECT_EQ(out, help);
    EXPECT_EQ(run({"help", "rnu"}), kUsage);
    EXPECT_THAT(err, HasSubstr("unknown command 'rnu' (did you mean 'run'?)\n"));
}

}  // namespace
}  // namespace keyferry::cli
