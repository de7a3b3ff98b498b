// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// CLI11 does the parsing. Only command_line.cpp includes it, because it takes seconds to compile.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace keyferry::cli {

/// Thrown for an option with an invalid value, or for options that cannot be combined.
/// CommandLine::run() prints the message and returns the exit code for usage errors.
class UsageError : public std::runtime_error {
  public:
    /// `option` is the option's name, such as "--shard"; `text` is a sentence without a period.
    UsageError(std::string_view option, std::string_view text);
};

/// Handle to an option of a Command. It is cheap to copy and valid as long as the CommandLine
/// exists.
class Option {
  public:
    /// The placeholder that --help shows for the value, such as "FILE" or "N".
    Option& type_name(const std::string& name);
    /// The heading in --help under which the option is listed.
    Option& group(const std::string& heading);
    Option& required();
    /// Makes this argument optional. By default, arguments are required.
    Option& not_required();
    /// Makes it a usage error to specify this option without `other`.
    Option& needs(const Option& other);
    /// Makes it a usage error to specify both this option and `other`.
    Option& excludes(const Option& other);
    /// Restricts the value to one of `values`.
    Option& one_of(std::vector<std::string> values);
    /// Sets the smallest and largest allowed value.
    Option& range(std::uint64_t min, std::uint64_t max);
    Option& range(double min, double max);
    Option& non_negative();
    /// Makes --help show the variable's current value as the default.
    Option& show_default();
    /// Makes each occurrence of a repeatable option take only one value, so that the argument after
    /// it is not mistaken for another value.
    Option& single_value();
    /// Allows the value to be omitted, in which case it is empty.
    Option& optional_value();

  private:
    friend class Command;
    explicit Option(CLI::Option* option) : option_(option) {}

    CLI::Option* option_;
};

/// Handle to a command or to the program itself. It is cheap to copy and valid as long as the
/// CommandLine exists. Variables passed by reference must outlive CommandLine::run().
class Command {
  public:
    /// Adds a subcommand. A command that has subcommands requires one of them.
    Command command(const std::string& name, const std::string& description);

    /// Sets the text that --help prints at the end.
    void footer(const std::string& text);

    /// Adds a required positional argument.
    Option argument(const std::string& name, std::string& value, const std::string& text);

    /// Adds an option without a value, which sets `value` to true.
    Option flag(const std::string& name, bool& value, const std::string& text);
    /// Adds an option without a value, such as "--no-preflight", which sets `value` to false.
    Option negative_flag(const std::string& name, bool& value, const std::string& text);

    Option option(const std::string& name, std::string& value, const std::string& text);
    Option option(const std::string& name,
                  std::optional<std::string>& value,
                  const std::string& text);
    /// Adds an option for a decimal number. Other notations, and numbers that do not fit, are usage
    /// errors.
    Option option(const std::string& name, std::uint64_t& value, const std::string& text);
    Option option(const std::string& name,
                  std::optional<std::uint64_t>& value,
                  const std::string& text);
    Option option(const std::string& name, double& value, const std::string& text);
    Option option(const std::string& name, std::optional<double>& value, const std::string& text);
    /// Adds a repeatable option.
    Option option(const std::string& name,
                  std::vector<std::string>& values,
                  const std::string& text);

    using ParseValue = std::function<void(const std::string& value)>;
    /// Adds an option whose value is passed to `parse`, which throws UsageError if it is invalid.
    Option parsed_option(const std::string& name, ParseValue parse, const std::string& text);
    /// Adds a repeatable option. Each value is passed to `parse`.
    Option parsed_list(const std::string& name, ParseValue parse, const std::string& text);

    /// Sets the function that executes the command once all arguments are parsed. `body` returns
    /// the exit code and may throw UsageError.
    void on_run(std::function<int()> body);
    /// The same for a command that repeats its command line in messages. `words` are the arguments
    /// of CommandLine::run(), including the program name.
    void on_run(std::function<int(const std::vector<std::string>& words)> body);

  protected:
    using Body = std::function<int(const std::vector<std::string>& words)>;
    Command(CLI::App* app, Body* selected) : app_(app), selected_(selected) {}

  private:
    CLI::App* app_;
    Body* selected_;  ///< body of the command that the arguments select
};

/// A program's command line: its commands, their options, --help and --version.
class CommandLine : public Command {
  public:
    CommandLine(const std::string& name, const std::string& description);
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine();

    /// Adds --version, which prints `version`.
    void version(const std::string& version);

    /// If the user enters the unknown command `instead_of`, the error suggests `command`.
    void suggest(const std::string& command, const std::string& instead_of);

    /// Passes the text of usage errors to `report`, instead of printing it to standard error.
    void on_usage_error(std::function<void(const std::string& text)> report);

    /// Parses the arguments and runs the selected command. Returns its exit code, 0 after printing
    /// help or the version, and `usage_exit_code` after printing a usage error to standard error.
    /// Without arguments, prints the help. `help COMMAND` means `COMMAND --help`, and `version`
    /// means `--version`. For an unknown command or option, the error suggests the nearest one.
    int run(int argc, const char* const* argv, int usage_exit_code = 2);

  private:
    int parse(int argc, const char* const* argv, int usage_exit_code);

    struct State;
    explicit CommandLine(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace keyferry::cli
