#include "tools/keyferry/fleet_file.hpp"

#include "io/file/read_file.hpp"
#include "planner/load_fleet.hpp"
#include "tools/keyferry/answer.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace keyferry {

namespace {

/// What a file of a million keys needs, and some; the planner has closer limits of its own.
constexpr std::size_t kFileBytesMax = 256UL * 1024 * 1024;

Parsed<FileText> read_for_planner(const std::string& path) {
    auto text = read_file(path, kFileBytesMax);
    if (!text) {
        // The complaint names the file already.
        return ParseProblem{text.error().code.message()};
    }
    return FileText{std::move(*text)};
}

void print_problems(const FleetLoad& load) {
    std::size_t errors = 0;
    std::string lines;
    for (const SpecProblem& problem : load.problems) {
        errors += problem.severity == Severity::error ? 1 : 0;
        lines += printable(line_of(problem)) + "\n";
    }
    std::fwrite(lines.data(), 1, lines.size(), stderr);
    if (errors > 0) {
        print_note(fmt::format("{} {} in the fleet spec; nothing was done",
                               errors,
                               errors == 1 ? "mistake" : "mistakes"));
    }
}

}  // namespace

std::optional<Plan> read_fleet_file(const std::string& path) {
    const auto text = read_file(path, kFileBytesMax);
    if (!text) {
        print_note(text.error().text);
        return std::nullopt;
    }
    FleetLoad load = load_fleet(*text, path, read_for_planner);
    print_problems(load);
    return std::move(load.plan);
}

}  // namespace keyferry
