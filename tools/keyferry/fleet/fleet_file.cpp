#include "tools/keyferry/fleet/fleet_file.hpp"

#include "io/file/read_file.hpp"
#include "planner/spec/key_list.hpp"
#include "planner/toml/toml_bounds.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace keyferry {

namespace {

Parsed<FileText> read_for_planner(const std::string& path) {
    auto text = read_file(path, kKeysFileBytesMax);
    if (!text) {
        // The complaint names the file already.
        const std::error_code& code = text.error().code;
        return ParseProblem{code == std::errc::not_supported ? "it is not a regular file"
                                                             : code.message()};
    }
    return FileText{std::move(*text)};
}

}  // namespace

FleetLoad load_fleet_file(const std::string& path) {
    const auto text = read_file(path, kSpecBytesMax);
    if (text) {
        return load_fleet(*text, path, read_for_planner);
    }
    const bool is_too_large = text.error().code == std::errc::file_too_large;
    FleetLoad load;
    load.problems.push_back(
        SpecProblem{Severity::error,
                    path,
                    1,
                    1,
                    text.error().text + (is_too_large ? "; put the keys into a keys_file" : "")});
    return load;
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

FleetLoad read_fleet_file(const std::string& path) {
    FleetLoad load = load_fleet_file(path);
    print_problems(load);
    return load;
}

std::optional<Plan> plan_without_search(FleetLoad load) {
    if (load.unsearched) {
        return plan_listed_keys(*std::move(load.unsearched));
    }
    return std::move(load.plan);
}

}  // namespace keyferry
