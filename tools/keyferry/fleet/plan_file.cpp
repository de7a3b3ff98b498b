#include "tools/keyferry/fleet/plan_file.hpp"

#include "io/file/read_file.hpp"
#include "planner/fleet/fleet_keys_check.hpp"
#include "planner/plan/plan_changes.hpp"
#include "planner/plan/plan_identity.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/fleet/atomic_write.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace keyferry {

namespace {

/// Where the spec is that a plan file names: as it was named, or beside the plan.
std::optional<std::string> find_spec(const SavedPlan& saved, const std::string& plan_path) {
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

/// The plan of `fleet` if its groups selected the keys that they have in `plan`; an empty one where
/// that were too much for a plan.
Plan with_selected_keys(UnsearchedFleet fleet, const Plan& plan) {
    std::set<std::pair<AccountId, std::string>> listed;
    for (const FleetGroup& group : fleet.spec.groups) {
        for (const SpecKey& key : group.keys) {
            listed.emplace(key.primary.account, key.primary.key_id.text());
        }
    }
    for (const PlannedKey& key : plan.keys) {
        for (FleetGroup& group : fleet.spec.groups) {
            if (group.select && group.name == plan.groups[key.group].name &&
                group.home == Place(key.primary.account, key.primary.region) &&
                !listed.contains({key.primary.account, key.primary.key_id.text()})) {
                group.keys.push_back(SpecKey{key.primary, group.select->where});
            }
        }
    }
    check_fleet_keys(fleet.spec, fleet.places);
    return fleet.places.has_errors() ? Plan() : plan_listed_keys(std::move(fleet));
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
    return looks_like_saved_plan(
        std::string_view(beginning.data(), static_cast<std::size_t>(file.gcount())));
}

std::optional<SavedPlan> read_plan_file(const std::string& path) {
    const auto text = read_file(path, kSavedPlanBytesMax);
    if (!text) {
        print_note(text.error().text);
        return std::nullopt;
    }
    Parsed<SavedPlan> saved = read_saved_plan(*text);
    if (!saved) {
        print_note(fmt::format("plan {}: {}", path, saved.error().text));
        return std::nullopt;
    }
    return *std::move(saved);
}

bool write_plan_file(const SavedPlan& saved, const std::string& path) {
    const std::error_code error = write_whole_file(
        path, WhenThere::replace, [&](const auto& sink) { write_saved_plan(saved, sink); });
    if (error) {
        print_note(fmt::format("cannot write the plan to {}: {}", path, error.message()));
    }
    return !error;
}

bool check_spec_of(const SavedPlan& saved, const std::string& plan_path) {
    const std::optional<std::string> spec = find_spec(saved, plan_path);
    if (!spec) {
        print_note(fmt::format(
            "the spec {} is not here, so it was not looked whether it has changed since",
            saved.spec));
        return true;
    }
    FleetLoad load = read_fleet_file(*spec);
    std::optional<std::string> sha256;
    if (load.plan) {
        sha256 = load.plan->sha256;
    } else if (load.unsearched) {
        sha256 = load.unsearched->sha256;
    } else {
        print_note(fmt::format(
            "the plan {} was made from {}, which is not right any more", plan_path, *spec));
        return false;
    }
    if (sha256 == saved.spec_sha256) {
        return true;
    }
    print_note(fmt::format(
        "the plan {} of {} is out of date: {} has changed since", plan_path, saved.made, *spec));
    // Of a selection it cannot be told here what it would find: the keys that it has found count.
    const bool is_whole = load.plan && stated_sha256(saved.plan) == saved.spec_sha256;
    const Plan now = load.plan ? *std::move(load.plan)
                               : with_selected_keys(*std::move(load.unsearched), saved.plan);
    const std::vector<std::string> changes = plan_changes(saved.plan, now, is_whole);
    for (const std::string& change : changes) {
        print_note("  " + change);
    }
    if (changes.empty()) {
        print_note(now.selections.empty() ? "  nothing that this part of it asks for"
                                          : "  which keys are selected, or where");
    }
    print_note("nothing was done; make the plan anew, or undo the change");
    return false;
}

}  // namespace keyferry
