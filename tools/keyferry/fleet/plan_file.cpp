// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/plan_file.hpp"

#include "io/file/read_file.hpp"
#include "io/names/shell_word.hpp"
#include "planner/saved/spec_match.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
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

void log_refusal(const std::string& what, const std::vector<std::string>& differences) {
    log_error(what);
    for (const std::string& difference : differences) {
        log_message("  " + difference);
    }
    log_message(
        "nothing was done; make a new plan, or use --without-spec to use this one as it is");
}

std::optional<planner::SavedPlan> parsed_plan(std::string_view text, std::string_view path) {
    io::Parsed<planner::SavedPlan> saved = planner::read_saved_plan(text);
    if (!saved) {
        log_error(fmt::format("plan {}: {}", path, saved.error().text));
        return std::nullopt;
    }
    return *std::move(saved);
}

}  // namespace

bool is_plan_file(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return false;
    }
    std::array<char, 32> beginning{};
    std::ifstream file(path, std::ios::binary);
    file.read(beginning.data(), beginning.size());
    return planner::looks_like_saved_plan(
        std::string_view(beginning.data(), static_cast<std::size_t>(file.gcount())));
}

void require_plan_file(const PlanChecks& checks, const std::string& path) {
    if ((checks.without_spec || !checks.expect_sha256.empty()) && !is_plan_file(path)) {
        throw UsageError(checks.without_spec ? "--without-spec" : "--expect-sha256",
                         path + " is not a saved plan, which this option requires");
    }
}

std::optional<planner::SavedPlan> read_plan_file(const std::string& path) {
    const auto text = io::read_file(path, planner::kSavedPlanBytesMax);
    if (!text) {
        log_error(text.error().text);
        return std::nullopt;
    }
    return parsed_plan(*text, path);
}

std::optional<planner::SavedPlan> read_plan_from_stdin() {
    constexpr std::size_t kChunkBytes = 64 * 1024;
    std::string text;
    std::size_t got = 1;
    while (got > 0 && text.size() <= planner::kSavedPlanBytesMax) {
        const std::size_t before = text.size();
        text.resize(before + kChunkBytes);
        got = std::fread(text.data() + before, 1, kChunkBytes, stdin);
        text.resize(before + got);
    }
    if (std::ferror(stdin) != 0 || got > 0) {
        log_error(fmt::format(
            "cannot read a plan from standard input: {}",
            got > 0 ? fmt::format("it has more than {} bytes", planner::kSavedPlanBytesMax)
                    : std::generic_category().message(errno)));
        return std::nullopt;
    }
    return parsed_plan(text, kStandardInput);
}

std::optional<io::OutputTarget> check_plan_output(const std::string& path,
                                                  const std::string& spec,
                                                  bool force,
                                                  int& exit_code) {
    std::error_code ignored;
    if (std::filesystem::equivalent(path, spec, ignored)) {
        log_error(path + " is the fleet spec itself; choose another name for the plan");
        exit_code = exit_usage;
        return std::nullopt;
    }
    const io::OutputResult<io::OutputTarget> target =
        io::check_output(path, plan_output_rule(force));
    if (!target) {
        log_error("cannot save the plan: " + target.error().text);
        exit_code = target.error().is_refusal ? exit_usage : exit_error;
        return std::nullopt;
    }
    return *target;
}

bool write_plan_file(const planner::SavedPlan& saved, const std::string& path, bool force) {
    const std::optional<io::OutputProblem> problem =
        io::write_output(path, plan_output_rule(force), [&](const auto& sink) {
            planner::write_saved_plan(saved, sink);
        });
    if (problem) {
        log_error("cannot save the plan: " + problem->text);
    }
    return !problem;
}

bool check_spec_of(planner::SavedPlan& saved,
                   const std::string& plan_path,
                   const PlanChecks& checks) {
    if (!checks.expect_sha256.empty() && saved.plan.sha256 != checks.expect_sha256) {
        log_error(
            fmt::format("the plan {} has the SHA-256 {}, not the one that --expect-sha256 "
                        "states; nothing was done",
                        plan_path,
                        saved.plan.sha256));
        return false;
    }
    if (checks.without_spec) {
        log_message(fmt::format("the plan {} was not compared with its spec", plan_path));
        return true;
    }
    const std::optional<std::string> spec = find_spec(saved, plan_path);
    if (!spec) {
        log_refusal(fmt::format("the plan {} cannot be compared with its spec {}, which was not "
                                "found",
                                plan_path,
                                saved.provenance.spec),
                    {});
        return false;
    }
    // The diagnostics would quote the file, and the plan chooses which file that is.
    planner::FleetLoad load = load_fleet_file(*spec);
    if (!load.plan && !load.unresolved) {
        log_error(
            fmt::format("the plan {} was made from {}, which is not a valid fleet spec "
                        "now; to see the errors: keyferry validate {}",
                        plan_path,
                        *spec,
                        io::shell_word(*spec)));
        return false;
    }
    const planner::SpecMatch match = planner::match_with_spec(saved, std::move(load));
    if (!match.is_current) {
        const std::vector<std::string> other{saved.plan.selections.empty()
                                                 ? "no changes that affect this part of the plan"
                                                 : "the selection of keys or their Regions"};
        log_refusal(fmt::format("the plan {} of {} is out of date: {} has changed since",
                                plan_path,
                                saved.provenance.made,
                                *spec),
                    match.differences.empty() ? other : match.differences);
        return false;
    }
    if (!match.differences.empty()) {
        log_refusal(
            fmt::format("the plan {} is not what its spec {} makes: one of them was changed "
                        "after the plan was made",
                        plan_path,
                        *spec),
            match.differences);
        return false;
    }
    // Names the spec, because the plan chooses it.
    log_message(fmt::format("the plan {} has {} of the {} replicas of {}",
                            plan_path,
                            saved.plan.jobs.size(),
                            match.jobs_of_spec,
                            *spec));
    if (match.settings_changed) {
        log_message(fmt::format(
            "[limits], [retry] or [wait] differ from those of the plan; those of {} apply", *spec));
    }
    return true;
}

}  // namespace keyferry::cli
