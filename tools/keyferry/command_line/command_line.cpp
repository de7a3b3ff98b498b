// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/command_line/command_line.hpp"

#include "io/names/in_quotes.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/text/suggestion.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iterator>
#include <map>
#include <type_traits>
#include <utility>

namespace keyferry::cli {

namespace {

constexpr std::size_t kHelpColumnsMax = 100;
constexpr std::size_t kOptionColumns = 30;

/// Splits `text` at spaces into lines of at most `columns`.
std::vector<std::string> wrapped_lines(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines;
    while (text.size() > columns) {
        std::size_t end = text.rfind(' ', columns);
        if (end == std::string_view::npos || end == 0) {
            end = std::min(text.find(' '), text.size());
        }
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!text.empty() || lines.empty()) {
        lines.emplace_back(text);
    }
    return lines;
}

/// Formats a name in the left column and its description in the right column. If the name is too
/// long for its column, the description starts on the next line.
std::string two_columns(const std::string& name, const std::string& description) {
    std::string text = "  " + name;
    if (description.empty()) {
        return text + "\n";
    }
    bool is_first = text.size() < kOptionColumns;
    if (!is_first) {
        text += "\n";
    }
    for (const std::string& line : wrapped_lines(description, kHelpColumnsMax - kOptionColumns)) {
        text += std::string(is_first ? kOptionColumns - text.size() : kOptionColumns, ' ');
        text += line + "\n";
        is_first = false;
    }
    return text;
}

/// CLI11's help layout, limited to 100 columns.
class HelpFormatter : public CLI::Formatter {
  public:
    std::string make_description(const CLI::App* app) const override {
        std::string text;
        for (const std::string& line : wrapped_lines(app->get_description(), kHelpColumnsMax)) {
            text += line + "\n";
        }
        return text;
    }
    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        return two_columns(make_option_name(option, is_positional) + make_option_opts(option),
                           make_option_desc(option));
    }
    std::string make_option_opts(const CLI::Option* option) const override {
        if (option->get_positional()) {
            return {};  // the usage line already shows this
        }
        return CLI::detail::find_and_replace(
            CLI::Formatter::make_option_opts(option), " TEXT:{", " {");
    }
    std::string make_subcommand(const CLI::App* command) const override {
        return two_columns(command->get_display_name(true), command->get_description());
    }
    std::string make_help(const CLI::App* app,
                          std::string name,
                          CLI::AppFormatMode mode) const override {
        // CLI11 leaves two empty lines between the groups.
        return CLI::detail::find_and_replace(
            CLI::Formatter::make_help(app, std::move(name), mode), "\n\n\n", "\n\n");
    }
};

/// The error for the first empty argument or option value, such as `--csv=` or `--out ""`, for
/// example from a variable of a script that is not set; empty if there is none. CLI11 would treat
/// `--csv=` as an option without a value or consume the next argument as its value, and commands
/// would treat an empty file name as if the option had not been given.
std::string empty_argument(int argc, const char* const* argv) {
    for (int index = 1; index < argc && std::string_view(argv[index]) != "--"; ++index) {
        const std::string_view argument(argv[index]);
        if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
            return fmt::format("{} has no value", argument);
        }
        if (argument.empty()) {
            const std::string_view before(argv[index - 1]);
            return index > 1 && before.starts_with("-")
                       ? fmt::format("the value of {} is empty", before)
                       : "an argument is empty";
        }
    }
    return {};
}

/// The command that the arguments select, such as "keyferry journal verify".
std::string selected_command(const CLI::App& program) {
    std::string name = program.get_name();
    const CLI::App* app = &program;
    for (auto selected = app->get_subcommands(); !selected.empty();
         selected = app->get_subcommands()) {
        app = selected.front();
        name += " " + app->get_name();
    }
    return name;
}

std::vector<std::string> long_options(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* known : app.get_options()) {
        for (const std::string& name : known->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    return names;
}

/// " ('keyferry sync' has '--dry-run')" if a command within `app` has a similar option; otherwise
/// empty.
std::string option_elsewhere(const CLI::App& app,
                             std::string_view option,
                             const std::string& name) {
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        const std::vector<std::string> names = long_options(*command);
        const std::string_view nearest =
            planner::nearest(option, std::vector<std::string_view>(names.begin(), names.end()));
        const std::string command_name = name + " " + command->get_name();
        std::string found = nearest.empty()
                                ? option_elsewhere(*command, option, command_name)
                                : fmt::format(" ('{}' has '{}')", command_name, nearest);
        if (!found.empty()) {
            return found;
        }
    }
    return {};
}

/// The suggestion for an option that `app` does not have: a similar option, the only option that
/// starts with the letter of a short option, or a similar option of another command. Empty if there
/// is none.
std::string similar_option(const CLI::App& app, std::string_view option) {
    std::vector<std::string> names = long_options(app);
    const bool is_short = option.size() == 2;
    if (is_short) {
        std::erase_if(names, [&](const std::string& name) { return name[2] != option[1]; });
        return names.size() == 1 ? fmt::format(" (did you mean '{}'?)", names.front()) : "";
    }
    const std::string similar =
        planner::did_you_mean(option, std::vector<std::string_view>(names.begin(), names.end()));
    const CLI::App* program = &app;
    while (program->get_parent() != nullptr) {
        program = program->get_parent();
    }
    return similar.empty() ? option_elsewhere(*program, option, program->get_name()) : similar;
}

/// The suggestion for an unknown command; empty if none is close. `other_names` maps the names that
/// other tools use for commands to the names used here.
std::string similar_command(const CLI::App& app,
                            std::string_view command,
                            const std::map<std::string, std::string, std::less<>>& other_names) {
    if (const auto known = other_names.find(command); known != other_names.end()) {
        return fmt::format(" (did you mean '{}'?)", known->second);
    }
    std::vector<std::string_view> names;
    for (const CLI::App* known : app.get_subcommands(nullptr)) {
        names.push_back(known->get_name());
    }
    return planner::did_you_mean(command, names);
}

/// The error for the first argument that neither `app` nor its selected subcommands expect, such as
/// "unknown command 'pln' (did you mean 'plan'?)". Empty if there is no such argument.
std::string unexpected_argument(
    const CLI::App& app, const std::map<std::string, std::string, std::less<>>& other_names) {
    bool options_ended = false;
    for (const std::string& argument : app.remaining()) {
        if (argument == "--") {
            options_ended = true;
        } else if (!options_ended && argument.starts_with('-')) {
            const std::string_view option =
                std::string_view(argument).substr(0, argument.find('='));
            return fmt::format(
                "unknown option {}{}", io::in_quotes(option), similar_option(app, option));
        } else if (!app.get_subcommands(nullptr).empty()) {
            return fmt::format("unknown command {}{}",
                               io::in_quotes(argument),
                               similar_command(app, argument, other_names));
        } else {
            return "unexpected argument " + io::in_quotes(argument);
        }
    }
    const std::vector<CLI::App*> selected = app.get_subcommands();
    return selected.empty() ? std::string() : unexpected_argument(*selected.front(), other_names);
}

/// Parses a decimal number; nullopt if `text` is not one or if it is too large. CLI11 would read
/// "-1" as 2^64 - 1, "010" as 8 and "" as 0.
template <typename Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

/// Adds an option that accepts decimal numbers only.
template <typename Number, typename Value>
CLI::Option* add_number(CLI::App& app,
                        const std::string& name,
                        Value& value,
                        const std::string& text) {
    const auto normalize = [](std::string& word) {
        const std::optional<Number> number = number_in<Number>(word);
        if (!number) {
            const bool is_digits =
                !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
            const char* const kind =
                std::is_integral_v<Number> ? "a whole number of 0 or more" : "a number";
            return is_digits ? fmt::format("'{}' is too large", word)
                             : fmt::format("'{}' is not {}", word, kind);
        }
        word = fmt::to_string(*number);
        return std::string();
    };
    return app.add_option(name, value, text)->transform(CLI::Validator(normalize, ""));
}

template <typename Number>
std::function<std::string(const std::string&)> range_check(Number min, Number max) {
    return [min, max](const std::string& text) {
        const std::optional<Number> value = number_in<Number>(text);
        return value && *value >= min && *value <= max
                   ? std::string()
                   : fmt::format("'{}' is not a number from {} to {}", text, min, max);
    };
}

}  // namespace

UsageError::UsageError(std::string_view option, std::string_view text)
    : std::runtime_error(fmt::format("{}: {}", option, text)) {}

// ---------------------------------------------------------------------------------------- Option

Option& Option::type_name(const std::string& name) {
    option_->type_name(name);
    return *this;
}

Option& Option::group(const std::string& heading) {
    option_->group(heading);
    return *this;
}

Option& Option::not_required() {
    option_->required(false);
    return *this;
}

Option& Option::required() {
    option_->required();
    return *this;
}

Option& Option::needs(const Option& other) {
    option_->needs(other.option_);
    return *this;
}

Option& Option::excludes(const Option& other) {
    option_->excludes(other.option_);
    return *this;
}

Option& Option::one_of(std::vector<std::string> values) {
    const std::string choices = fmt::format("{{{}}}", fmt::join(values, ","));
    option_->check(
        [values = std::move(values)](const std::string& value) {
            return std::find(values.begin(), values.end(), value) != values.end()
                       ? std::string()
                       : fmt::format("'{}' is not one of {}", value, fmt::join(values, ", "));
        },
        choices);
    return *this;
}

Option& Option::range(std::uint64_t min, std::uint64_t max) {
    option_->check(range_check(min, max));
    return *this;
}

Option& Option::range(double min, double max) {
    option_->check(range_check(min, max));
    return *this;
}

Option& Option::non_negative() {
    option_->check([](const std::string& text) {
        const std::optional<double> value = number_in<double>(text);
        return value && std::isfinite(*value) && *value >= 0
                   ? std::string()
                   : fmt::format("'{}' is not a non-negative number", text);
    });
    return *this;
}

Option& Option::show_default() {
    option_->capture_default_str();
    return *this;
}

Option& Option::single_value() {
    option_->allow_extra_args(false);
    return *this;
}

Option& Option::optional_value() {
    option_->expected(0, 1);
    return *this;
}

// --------------------------------------------------------------------------------------- Command

Command Command::command(const std::string& name, const std::string& description) {
    app_->require_subcommand(1);
    CLI::App* app = app_->add_subcommand(name, description);
    app->footer("");  // CLI11 copies the parent's footer
    return Command(app, selected_);
}

void Command::footer(const std::string& text) {
    app_->footer(text);
}

Option Command::argument(const std::string& name, std::string& value, const std::string& text) {
    return Option(app_->add_option(name, value, text)->required());
}

Option Command::flag(const std::string& name, bool& value, const std::string& text) {
    return Option(app_->add_flag(name, value, text));
}

Option Command::negative_flag(const std::string& name, bool& value, const std::string& text) {
    CLI::Option* flag = app_->add_flag_callback(
        name, [&value] { value = false; }, text);
    return Option(flag->disable_flag_override());
}

Option Command::option(const std::string& name, std::string& value, const std::string& text) {
    return Option(app_->add_option(name, value, text));
}

Option Command::option(const std::string& name,
                       std::optional<std::string>& value,
                       const std::string& text) {
    return Option(app_->add_option(name, value, text));
}

Option Command::option(const std::string& name, std::uint64_t& value, const std::string& text) {
    return Option(add_number<std::uint64_t>(*app_, name, value, text));
}

Option Command::option(const std::string& name,
                       std::optional<std::uint64_t>& value,
                       const std::string& text) {
    return Option(add_number<std::uint64_t>(*app_, name, value, text));
}

Option Command::option(const std::string& name, double& value, const std::string& text) {
    return Option(add_number<double>(*app_, name, value, text));
}

Option Command::option(const std::string& name,
                       std::optional<double>& value,
                       const std::string& text) {
    return Option(add_number<double>(*app_, name, value, text));
}

Option Command::option(const std::string& name,
                       std::vector<std::string>& values,
                       const std::string& text) {
    return Option(app_->add_option(name, values, text));
}

Option Command::parsed_option(const std::string& name, ParseValue parse, const std::string& text) {
    return Option(app_->add_option_function<std::string>(name, parse, text));
}

Option Command::parsed_list(const std::string& name, ParseValue parse, const std::string& text) {
    return Option(app_->add_option_function<std::vector<std::string>>(
        name,
        [parse = std::move(parse)](const std::vector<std::string>& values) {
            std::for_each(values.begin(), values.end(), parse);
        },
        text));
}

void Command::on_run(std::function<int()> body) {
    on_run([body = std::move(body)](const std::vector<std::string>&) { return body(); });
}

void Command::on_run(std::function<int(const std::vector<std::string>&)> body) {
    app_->callback([selected = selected_, body = std::move(body)] { *selected = body; });
}

// ----------------------------------------------------------------------------------- CommandLine

struct CommandLine::State {
    State(const std::string& name, const std::string& description) : app(description, name) {
        app.formatter(std::make_shared<HelpFormatter>());
    }

    CLI::App app;
    Body selected;
    std::map<std::string, std::string, std::less<>> other_names;
    std::function<void(const std::string& text)> report_usage_error;
};

CommandLine::CommandLine(const std::string& name, const std::string& description)
    : CommandLine(std::make_unique<State>(name, description)) {}

CommandLine::CommandLine(std::unique_ptr<State> state)
    : Command(&state->app, &state->selected), state_(std::move(state)) {}

CommandLine::~CommandLine() = default;

void CommandLine::version(const std::string& version) {
    state_->app.set_version_flag("--version", version, "Print the version and exit");
}

void CommandLine::suggest(const std::string& command, const std::string& instead_of) {
    state_->other_names.emplace(instead_of, command);
}

void CommandLine::on_usage_error(std::function<void(const std::string& text)> report) {
    state_->report_usage_error = std::move(report);
}

int CommandLine::run(int argc, const char* const* argv, int usage_exit_code) {
    const std::string_view first = argc > 1 ? argv[1] : "help";
    if (first == "help") {
        std::vector<const char*> arguments{argv[0]};
        arguments.insert(arguments.end(), argv + std::min(argc, 2), argv + argc);
        arguments.push_back("--help");
        return parse(static_cast<int>(arguments.size()), arguments.data(), usage_exit_code);
    }
    if (first == "version" && argc == 2) {
        const std::array arguments{argv[0], "--version"};
        return parse(static_cast<int>(arguments.size()), arguments.data(), usage_exit_code);
    }
    return parse(argc, argv, usage_exit_code);
}

int CommandLine::parse(int argc, const char* const* argv, int usage_exit_code) {
    CLI::App& app = state_->app;
    const auto reject = [&](std::string_view text) {
        const std::string hint = fmt::format("Run '{} --help' for usage.", selected_command(app));
        if (state_->report_usage_error) {
            state_->report_usage_error(fmt::format("{}. {}", text, hint));
        } else {
            fmt::print(stderr, "{}: {}\n{}\n", app.get_name(), io::terminal_text(text), hint);
        }
        return usage_exit_code;
    };
    if (const std::string error = empty_argument(argc, argv); !error.empty()) {
        return reject(error);
    }
    try {
        app.parse(argc, argv);
        const std::vector<std::string> words(argv, argv + argc);
        return state_->selected ? state_->selected(words) : 0;
    } catch (const CLI::Success& help_or_version) {
        const std::string unexpected = unexpected_argument(app, state_->other_names);
        return unexpected.starts_with("unknown command") ? reject(unexpected)
                                                         : app.exit(help_or_version);
    } catch (const CLI::ParseError& error) {
        const std::string unexpected = unexpected_argument(app, state_->other_names);
        return reject(unexpected.empty() ? error.what() : unexpected);
    } catch (const UsageError& error) {
        return reject(error.what());
    }
}

}  // namespace keyferry::cli
