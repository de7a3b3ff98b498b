// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/fleet/plan_file.hpp"

#include "io/file/read_file.hpp"
#include "planner/fleet/fleet_keys_check.hpp"
#include "planner/plan/plan_changes.hpp"
#include "planner/plan/plan_identity.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace keyferry::cli {

namespace {

io::OutputRule plan_output_rule(bool force) {
    return {.kind = io::FileKind::saved_plan, .force = force};
}

/// Returns the path of the spec that a plan file names. If the path does not exist, looks for the
/// file next to the plan.
std::optional<std::string> find_spec(const planner::SavedPlan& saved,
                                     const std::string& plan_path) {
    const std::filesystem::path named(saved.spec);
    for (const std::filesystem::path& path :
         {named, std::filesystem::path(plan_path).parent_path() / named.filename()}) {
        std::error_code ignored;
        if (std::filesystem::is_regular_file(path, ignored)) {
            return path.string();
        }
    }
    return std::nullopt;
}

/// Returns the plan that `fleet` would have if its groups selected the same keys as in `plan`.
/// Returns nullopt if that plan exceeds the limits.
planner::Plan with_selected_keys(planner::UnresolvedFleet fleet, const planner::Plan& plan) {
    std::set<std::pair<io::AccountId, std::string>> listed;
    for (const planner::FleetGroup& group : fleet.spec.groups) {
        for (const planner::SpecKey& key : group.keys) {
            listed.emplace(key.primary.account, key.primary.key_id.text());
        }
    }
    for (const planner::PlannedKey& key : plan.keys) {
        for (planner::FleetGroup& group : fleet.spec.groups) {
            if (group.select && group.name == plan.groups[key.group].name &&
                group.home == io::AccountRegion(key.primary.account, key.primary.region) &&
                !listed.contains({key.primary.account, key.primary.key_id.text()})) {
                group.keys.push_back(planner::SpecKey{key.primary, group.select->where});
            }
        }
    }
    planner::check_fleet_keys(fleet.spec, fleet.places);
    return fleet.places.has_errors() ? planner::Plan()
                                     : planner::plan_listed_keys(std::move(fleet));
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

std::optional<planner::SavedPlan> read_plan_file(const std::string& path) {
    const auto text = io::read_file(path, planner::kSavedPlanBytesMax);
    if (!text) {
        log_message(text.error().text);
        return std::nullopt;
    }
    io::Parsed<planner::SavedPlan> saved = planner::read_saved_plan(*text);
    if (!saved) {
        log_message(fmt::format("plan {}: {}", path, saved.error().text));
        return std::nullopt;
    }
    return *std::move(saved);
}

std::optional<io::OutputTarget> check_plan_output(const std::string& path,
                                                  const std::string& spec,
                                                  bool force,
                                                  int& exit_code) {
    std::error_code ignored;
    if (std::filesystem::equivalent(path, spec, ignored)) {
        log_message(path + " is the fleet spec itself; choose another name for the plan");
        exit_code = exit_usage;
        return std::nullopt;
    }
    const io::OutputResult<io::OutputTarget> target =
        io::check_output(path, plan_output_rule(force));
    if (!target) {
        log_message("cannot save the plan: " + target.error().text);
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
        log_message("cannot save the plan: " + problem->text);
    }
    return !problem;
}

bool check_spec_of(const planner::SavedPlan& saved, const std::string& plan_path) {
    const std::optional<std::string> spec = find_spec(saved, plan_path);
    if (!spec) {
        log_message(fmt::format("the spec {} was not found, so it was not checked for changes",
                                saved.spec));
        return true;
    }
    planner::FleetLoad load = read_fleet_file(*spec);
    std::optional<std::string> sha256;
    if (load.plan) {
        sha256 = load.plan->sha256;
    } else if (load.unresolved) {
        sha256 = load.unresolved->sha256;
    } else {
        log_message(fmt::format(
            "the plan {} was made from {}, which is no longer valid", plan_path, *spec));
        return false;
    }
    if (sha256 == saved.spec_sha256) {
        return true;
    }
    log_message(fmt::format(
        "the plan {} of {} is out of date: {} has changed since", plan_path, saved.made, *spec));
    // The current selection is unknown without a search, so the keys of the plan are used.
    const bool is_whole =
        load.plan && planner::sha256_without_contents(saved.plan) == saved.spec_sha256;
    const planner::Plan now = load.plan
                                  ? *std::move(load.plan)
                                  : with_selected_keys(*std::move(load.unresolved), saved.plan);
    const std::vector<std::string> changes = planner::plan_changes(saved.plan, now, is_whole);
    for (const std::string& change : changes) {
        log_message("  " + change);
    }
    if (changes.empty()) {
        log_message(now.selections.empty() ? "  no changes that affect this part of the plan"
                                           : "  the selection of keys or their Regions");
    }
    log_message("nothing was done; make a new plan, or revert the change");
    return false;
}

}  // namespace keyferry::cli
