// SPDX-License-Identifier: Apache-2.0
#include "io/names/terminal_text.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace keyferry::cli {

namespace {

namespace json = boost::json;

struct ValidateOptions {
    std::string fleet;
    bool json = false;
};

constexpr const char* kValidateFooter = R"(Examples:
  keyferry validate fleet.toml
      Print every error in the spec and in the files that it references to standard error, as
      file:line:column. If there are none, print a one-line summary of the fleet to standard output.
  keyferry validate fleet.toml --json | jq -r '.problems[].text'

Makes no AWS calls and writes no files, so it is suitable for a commit hook.

Exit codes: 0 no errors (there may be warnings); 3 errors.)";

/// The number of groups that select keys. Each has a selection for every primary Region.
std::size_t count_selecting_groups(const planner::Plan& plan) {
    std::set<std::string_view> groups;
    for (const planner::Selection& selection : plan.selections) {
        groups.insert(selection.group);
    }
    return groups.size();
}

std::string summary_text(const planner::Plan& plan, const std::string& path) {
    const std::size_t selecting = count_selecting_groups(plan);
    const std::string selections =
        selecting == 0 ? ""
                       : fmt::format(", plus the keys that {}",
                                     planner::counted(selecting, "group selects", "groups select"));
    return fmt::format("{}: valid: fleet \"{}\", {}, {}, {}, {}{}\n",
                       io::terminal_line(path),
                       io::terminal_line(plan.fleet_name),
                       planner::counted(plan.keys.size(), "key"),
                       planner::counted(plan.jobs.size(), "replica"),
                       planner::counted(plan.regions.size(), "Region"),
                       planner::counted(plan.groups.size(), "group"),
                       selections);
}

/// One JSON object:
///
///     format    "keyferry-validate-1"
///     file      the spec's path              valid    true if there are no errors
///     errors, warnings                       number of `problems` by severity
///     problems  [{file, line, column, severity, text}]  severity is "error" or "warning"
///     fleet, sha256, keys, replicas, regions, groups    only when valid: name, identity and counts
///     selecting_groups    only when valid: number of groups whose selected keys are not counted,
///                         because that requires KMS
json::object validity_json(const planner::FleetLoad& load, const std::string& path) {
    json::array problems;
    std::size_t errors = 0;
    for (const planner::Diagnostic& problem : load.problems) {
        const bool is_error = problem.severity == planner::Severity::error;
        errors += is_error ? 1 : 0;
        problems.push_back(json::object{{"file", problem.file},
                                        {"line", problem.line},
                                        {"column", problem.column},
                                        {"severity", is_error ? "error" : "warning"},
                                        {"text", problem.text}});
    }
    json::object object{{"format", "keyferry-validate-1"},
                        {"file", path},
                        {"valid", load.plan.has_value()},
                        {"errors", errors},
                        {"warnings", load.problems.size() - errors},
                        {"problems", std::move(problems)}};
    if (const std::optional<planner::Plan>& plan = load.plan) {
        object["fleet"] = plan->fleet_name;
        object["sha256"] = plan->sha256;
        object["keys"] = plan->keys.size();
        object["replicas"] = plan->jobs.size();
        object["regions"] = plan->regions.size();
        object["groups"] = plan->groups.size();
        object["selecting_groups"] = count_selecting_groups(*plan);
    }
    return object;
}

int validate(const ValidateOptions& options) {
    planner::FleetLoad load = load_fleet_file(options.fleet);
    if (load.unresolved) {
        std::string sha256 = std::move(load.unresolved->sha256);
        load.plan = planner::plan_listed_keys(*std::move(load.unresolved));
        load.plan->sha256 = std::move(sha256);
    }
    if (options.json) {
        write_stdout(json::serialize(validity_json(load, options.fleet)) + "\n");
    } else {
        log_diagnostics(load);
        write_stdout(summary_text(*load.plan, options.fleet));
    }
    return load.plan ? exit_done : exit_usage;
}

}  // namespace

void add_validate_command(Command& parent) {
    auto options = std::make_shared<ValidateOptions>();
    Command command = parent.command("validate", "Check a fleet spec without AWS calls");
    command.footer(kValidateFooter);
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file");
    command.flag("--json", options->json, "Print one JSON object");
    command.on_run([options] { return validate(*options); });
}

}  // namespace keyferry::cli
