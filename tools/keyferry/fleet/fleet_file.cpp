// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/fleet_file.hpp"

#include "io/file/read_file.hpp"
#include "io/names/terminal_text.hpp"
#include "planner/spec/key_lines.hpp"
#include "planner/text/text_table.hpp"
#include "planner/toml/toml_bounds.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace keyferry::cli {

namespace {

io::Parsed<planner::FileText> read_for_planner(const std::string& path) {
    auto text = io::read_file(path, planner::kKeysFileBytesMax);
    if (!text) {
        // The diagnostic includes the file name.
        const std::error_code& code = text.error().code;
        return io::ParseProblem{code == std::errc::not_supported ? "it is not a regular file"
                                                                 : code.message()};
    }
    return planner::FileText{std::move(*text)};
}

planner::FleetLoad load_with(const std::string& path, const planner::FileReader& read_file) {
    planner::FleetLoad load;
    const auto fail = [&](std::string text) {
        load.problems.push_back(
            planner::Diagnostic{planner::Severity::error, path, 1, 1, std::move(text)});
        return std::move(load);
    };
    if (const std::string other = io::wrong_kind_text(kind_of_file(path), io::FileKind::fleet_spec);
        !other.empty()) {
        return fail("this is " + other);
    }
    const auto text = io::read_file(path, planner::kSpecBytesMax);
    if (!text) {
        const bool is_too_large = text.error().code == std::errc::file_too_large;
        return fail(text.error().text + (is_too_large ? "; move the keys to a keys_file" : ""));
    }
    return planner::load_fleet(*text, path, read_file);
}

}  // namespace

io::FileKind kind_of_file(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return io::FileKind::other;
    }
    std::array<char, io::kFileKindBytes> beginning{};
    std::ifstream file(path, std::ios::binary);
    file.read(beginning.data(), beginning.size());
    return io::file_kind(
        std::string_view(beginning.data(), static_cast<std::size_t>(file.gcount())));
}

planner::FleetLoad load_fleet_file(const std::string& path) {
    return load_with(path, read_for_planner);
}

planner::FleetLoad load_fleet_file(const std::string& path, ReferencedFiles& files) {
    return load_with(path, [&](const std::string& file) {
        io::Parsed<planner::FileText> text = read_for_planner(file);
        if (text) {
            files.emplace(text->text, file);
        }
        return text;
    });
}

void log_diagnostics(const planner::FleetLoad& load) {
    std::size_t errors = 0;
    std::string lines;
    for (const planner::Diagnostic& problem : load.problems) {
        const bool is_error = problem.severity == planner::Severity::error;
        const std::string line = planner::line_of(problem);
        errors += is_error ? 1 : 0;
        if (log_style() == LogStyle::text) {
            lines += io::terminal_text(line) + "\n";
        } else if (is_error) {
            log_error(line);
        } else {
            log_message("WARNING: " + line);
        }
    }
    std::fwrite(lines.data(), 1, lines.size(), stderr);
    if (errors > 0) {
        throw CommandError(
            exit_usage, planner::counted(errors, "error") + " in the fleet spec; nothing was done");
    }
}

planner::FleetLoad read_fleet_file(const std::string& path) {
    planner::FleetLoad load = load_fleet_file(path);
    log_diagnostics(load);
    return load;
}

planner::Plan plan_without_search(planner::FleetLoad load) {
    return load.unresolved ? planner::plan_listed_keys(*std::move(load.unresolved))
                           : *std::move(load.plan);
}

planner::Plan plan_found_keys(planner::UnresolvedFleet fleet,
                              const std::vector<planner::SelectedKey>& found) {
    planner::FleetLoad load = planner::plan_selected_keys(std::move(fleet), found);
    log_diagnostics(load);
    return *std::move(load.plan);
}

}  // namespace keyferry::cli
