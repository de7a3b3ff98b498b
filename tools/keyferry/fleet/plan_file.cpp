// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/plan_file.hpp"

#include "io/file/read_file.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/shell_word.hpp"
#include "io/names/utf8.hpp"
#include "planner/saved/spec_match.hpp"
#include "tools/keyferry/fleet/changed_files.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

io::OutputRule plan_output_rule(bool force) {
    return {.kind = io::FileKind::saved_plan, .force = force};
}

/// Returns the path of the spec that a plan file names. If the path does not exist, looks for the
/// file next to the plan.
std::optional<std::string> find_spec(const planner::SavedPlan& saved,
                                     const std::string& plan_path) {
    const std::filesystem::path named(saved.provenance.spec);
    for (const std::filesystem::path& path :
         {named, std::filesystem::path(plan_path).parent_path() / named.filename()}) {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(path, ignored)) {
            return path.string();
        }
    }
    return std::nullopt;
}

CommandError refusal(std::string what, const std::vector<std::string>& differences = {}) {
    CommandError error(exit_changes, std::move(what));
    for (const std::string& difference : differences) {
        error.add_line("  " + difference);
    }
    error.add_line(
        "nothing was done; create a new plan, or add --without-spec to use "
        "this one anyway");
    return error;
}

planner::SavedPlan parsed_plan(std::string_view text, std::string_view path) {
    if (const std::string other =
            io::wrong_kind_text(io::file_kind(text), io::FileKind::saved_plan);
        !other.empty()) {
        throw CommandError(exit_usage, fmt::format("{} is {}", path, other));
    }
    io::Parsed<planner::SavedPlan> saved = planner::read_saved_plan(text);
    if (!saved) {
        throw CommandError(exit_usage, fmt::format("plan {}: {}", path, saved.error().text));
    }
    return *std::move(saved);
}

}  // namespace

bool is_plan_file(const std::string& path) {
    return kind_of_file(path) == io::FileKind::saved_plan;
}

void require_plan_file(const PlanChecks& checks, const std::string& path) {
    if ((checks.without_spec || !checks.expect_sha256.empty()) && !is_plan_file(path)) {
        throw UsageError(checks.without_spec ? "--without-spec" : "--expect-sha256",
                         path + " is not a saved plan, which this option requires");
    }
}

std::string plan_name(const std::string& path) {
    return path == "-" ? "(standard input)" : path;
}

planner::SavedPlan read_plan_file(const std::string& path) {
    const auto text = io::read_file(path, planner::kSavedPlanBytesMax);
    if (!text) {
        throw CommandError(exit_usage, text.error().text);
    }
    return parsed_plan(*text, path);
}

planner::SavedPlan read_plan_input(const std::string& path) {
    const auto text = io::read_input(path, planner::kSavedPlanBytesMax);
    if (!text) {
        throw CommandError(exit_usage, text.error().text);
    }
    return parsed_plan(*text, plan_name(path));
}

io::OutputTarget check_plan_output(const std::string& path, const std::string& spec, bool force) {
    std::error_code ignored;
    if (std::filesystem::equivalent(path, spec, ignored)) {
        throw CommandError(exit_usage,
                           path + " is the fleet spec itself; choose another name for the plan");
    }
    const io::OutputResult<io::OutputTarget> target =
        io::check_output(path, plan_output_rule(force));
    if (!target) {
        throw CommandError(target.error().is_refusal ? exit_usage : exit_error,
                           "cannot save the plan: " + target.error().text);
    }
    return *target;
}

void write_plan_file(const planner::SavedPlan& saved, const std::string& path, bool force) {
    for (const std::string& text : {saved.provenance.spec, saved.provenance.filter}) {
        if (!io::is_utf8(text)) {
            throw CommandError(exit_usage,
                               fmt::format("a saved plan names its files, but {} is not valid "
                                           "UTF-8; rename the file or folder",
                                           io::in_quotes(text)));
        }
    }
    const std::optional<io::OutputProblem> problem =
        io::write_output(path, plan_output_rule(force), [&](const auto& sink) {
            planner::write_saved_plan(saved, sink);
        });
    if (problem) {
        throw CommandError(exit_error, "cannot save the plan: " + problem->text);
    }
}

void check_spec_of(planner::SavedPlan& saved,
                   const std::string& plan_path,
                   const PlanChecks& checks) {
    if (!checks.expect_sha256.empty() && saved.plan.sha256 != checks.expect_sha256) {
        throw CommandError(
            exit_changes,
            fmt::format("the plan {} has the SHA-256 {}, which does not match --expect-sha256; "
                        "nothing was done",
                        plan_path,
                        saved.plan.sha256));
    }
    if (checks.without_spec) {
        log_message(fmt::format("the plan {} was not compared with its spec", plan_path));
        return;
    }
    const std::optional<std::string> spec = find_spec(saved, plan_path);
    if (!spec) {
        throw refusal(
            fmt::format("the plan {} cannot be compared with its spec {}, which was not "
                        "found",
                        plan_path,
                        saved.provenance.spec));
    }
    // Does not print the diagnostics, because they quote the file, and the plan determines which
    // file is read.
    ReferencedFiles files;
    planner::FleetLoad load = load_fleet_file(*spec, files);
    if (!load.plan && !load.unresolved) {
        throw CommandError(
            exit_changes,
            fmt::format("the plan {} was created from {}, which is no longer a valid fleet "
                        "spec; to see the errors: keyferry validate {}",
                        plan_path,
                        *spec,
                        io::shell_word(*spec)));
    }
    const std::string changed = changed_files(saved, load, *spec, files);
    const planner::SpecMatch match = planner::match_with_spec(saved, std::move(load));
    if (!match.is_current) {
        const std::vector<std::string> other{"the selection of keys or their Regions"};
        throw refusal(fmt::format("the plan {} from {} is out of date: {} since",
                                  plan_path,
                                  saved.provenance.made,
                                  changed),
                      match.differences.empty() ? other : match.differences);
    }
    if (!match.differences.empty()) {
        throw refusal(
            fmt::format("the plan {} differs from the plan that its spec {} produces: one of "
                        "these files was changed after the plan was created",
                        plan_path,
                        *spec),
            match.differences);
    }
    // Names the spec, because the plan determines which spec is used.
    log_message(
        fmt::format("the plan {} contains {} of the {} replicas of {}{}",
                    plan_path,
                    saved.plan.jobs.size(),
                    match.jobs_of_spec,
                    *spec,
                    match.spec_changed ? ", which has changed since, but not in this part" : ""));
    if (match.settings_changed) {
        log_message(fmt::format(
            "[limits], [retry] or [wait] differ from those of the plan; those of {} apply", *spec));
    }
}

}  // namespace keyferry::cli
