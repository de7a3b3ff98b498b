// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/terminal/output.hpp"

#include "io/names/terminal_text.hpp"
#include "io/names/utf8.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace keyferry::cli {

namespace {

constexpr std::string_view kWarning = "WARNING: ";

/// What the process has written. Only the thread that runs the command logs; a signal handler reads
/// the atomic members.
struct Output {
    std::atomic<LogStyle> style{LogStyle::text};
    std::atomic<bool> has_stdout{false};
    std::string errors;        ///< messages of log_error(), one per line
    std::string last_message;  ///< of log_message()
};
static_assert(std::atomic<LogStyle>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "used in a signal handler");

/// Never destroyed, since a signal may arrive at the very end of the program.
Output& output() {
    static auto* const instance = new Output;
    return *instance;
}

/// Returns `text` as a JSON string.
std::string json_text(std::string_view text) {
    return boost::json::serialize(boost::json::string(io::terminal_text(text)));
}

std::string level_line(std::string_view level, std::string_view text) {
    if (log_style() == LogStyle::text) {
        return "keyferry: " + io::terminal_text(text) + "\n";
    }
    return fmt::format(R"({{"level":"{}","message":{}}})", level, json_text(text)) + "\n";
}

void put_on_stderr(const std::string& line) {
    // Errors are ignored, because there is no other place to report them.
    std::fwrite(line.data(), 1, line.size(), stderr);
}

void write_bytes(std::string_view text) {
    note_stdout_used();
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!written || std::fflush(stdout) != 0) {
        throw std::runtime_error(fmt::format("cannot write to standard output: {}",
                                             std::generic_category().message(errno)));
    }
}

std::string_view meaning_of(int exit_code) {
    const auto* const found = std::find_if(
        kExitCodeMeanings.begin(), kExitCodeMeanings.end(), [&](const ExitCodeMeaning& each) {
            return each.code == exit_code;
        });
    return found == kExitCodeMeanings.end() ? "any other error" : found->meaning;
}

}  // namespace

LogStyle log_style_of(int argc, const char* const* argv) noexcept {
    for (int index = 1; index < argc && std::string_view(argv[index]) != "--"; ++index) {
        const std::string_view argument(argv[index]);
        const bool is_format = argument == "--format" && index + 1 < argc;
        if (argument == "--json" || argument == "--format=json" ||
            (is_format && std::string_view(argv[index + 1]) == "json")) {
            return LogStyle::json;
        }
    }
    return LogStyle::text;
}

void set_log_style(LogStyle style) noexcept {
    output().style = style;
    output().has_stdout = false;
    output().errors.clear();
}

LogStyle log_style() noexcept {
    return output().style;
}

std::string valid_json(std::string_view json) {
    std::string valid;
    valid.reserve(json.size());
    while (!json.empty()) {
        const io::Utf8Character character = io::first_character(json);
        if (character.is_valid) {
            valid.append(json, 0, character.bytes);
        } else {
            valid += fmt::format("\\\\x{:02x}", static_cast<unsigned>(character.code_point));
        }
        json.remove_prefix(character.bytes);
    }
    return valid;
}

void write_stdout(std::string_view text) {
    if (log_style() == LogStyle::json) {
        write_bytes(valid_json(text));
    } else {
        write_bytes(text);
    }
}
void note_stdout_used() noexcept {
    output().has_stdout = true;
}

void log_message(std::string_view text) {
    output().last_message = text;
    put_on_stderr(log_line(text));
}

void log_error(std::string_view text) {
    std::string& errors = output().errors;
    errors.append(errors.empty() ? "" : "\n").append(text);
    put_on_stderr(level_line("error", text));
}

std::string log_line(std::string_view text) {
    const bool is_warning = text.starts_with(kWarning) && log_style() == LogStyle::json;
    return is_warning ? level_line("warning", text.substr(kWarning.size()))
                      : level_line("info", text);
}

std::string error_object(int exit_code, std::string_view message) {
    return fmt::format(R"({{"error":{{"code":{},"message":{}}}}})", exit_code, json_text(message)) +
           "\n";
}

bool lacks_json_output() noexcept {
    return log_style() == LogStyle::json && !output().has_stdout;
}

void finish_output(int exit_code) {
    if (exit_code == exit_done || !lacks_json_output()) {
        return;
    }
    const Output& before = output();
    const std::string object = error_object(exit_code,
                                            !before.errors.empty()         ? before.errors
                                            : !before.last_message.empty() ? before.last_message
                                                                           : meaning_of(exit_code));
    std::fwrite(object.data(), 1, object.size(), stdout);
    std::fflush(stdout);
}

}  // namespace keyferry::cli
