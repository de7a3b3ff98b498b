#include "planner/plan_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <string_view>

namespace keyferry {

namespace {

constexpr std::size_t kNamesMax = 5;  // groups or Regions that one warning names

std::string listed(const std::vector<std::string>& names) {
    const std::vector<std::string> shown(
        names.begin(),
        names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kNamesMax)));
    const std::string rest =
        names.size() > kNamesMax ? fmt::format(" and {} more", names.size() - kNamesMax) : "";
    return fmt::format("{}{}", fmt::join(shown, ", "), rest);
}

/// Adds a warning that names the groups for which `applies`, if there are any.
void warn_of_groups(const Plan& plan,
                    const PlanSummary& summary,
                    const std::function<bool(const ReplicaParameters&)>& applies,
                    std::string_view code,
                    std::string_view text,
                    std::vector<PlanWarning>& warnings) {
    std::vector<std::string> names;
    std::uint64_t replicas = 0;
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        if (summary.groups[g].replicas > 0 && applies(plan.groups[g].parameters)) {
            names.push_back(fmt::format("'{}'", plan.groups[g].name));
            replicas += summary.groups[g].replicas;
        }
    }
    if (!names.empty()) {
        warnings.push_back(
            PlanWarning{std::string(code),
                        fmt::format("{} replicas (group {}) {}", replicas, listed(names), text)});
    }
}

std::vector<PlanWarning> find_warnings(const Plan& plan, const PlanSummary& summary) {
    std::vector<PlanWarning> warnings;
    warn_of_groups(
        plan,
        summary,
        [](const auto& parameters) { return !parameters.policy; },
        "default_policy",
        "get KMS's default key policy, as the spec asks: KMS copies none from the primary, and "
        "who may use the primary may not be able to use them.",
        warnings);
    warn_of_groups(
        plan,
        summary,
        [](const auto& parameters) { return parameters.tags.empty(); },
        "no_tags",
        "get no tags: KMS copies none from the primary, so rules and bills that go by tags will "
        "miss them.",
        warnings);
    warn_of_groups(
        plan,
        summary,
        [](const auto& parameters) {
            return parameters.bypass_policy_lockout_safety_check.value_or(false);
        },
        "policy_check_bypassed",
        "bypass KMS's check that whoever makes them can still change their policy: a slip in the "
        "policy makes keys that nobody can manage.",
        warnings);
    std::vector<std::string> opt_in;
    for (const RegionSummary& region : summary.regions) {
        if (is_opt_in_region(region.region)) {
            opt_in.push_back(region.region.name());
        }
    }
    if (!opt_in.empty()) {
        warnings.push_back(PlanWarning{
            "opt_in_regions",
            fmt::format(
                "{}: an account must be opted in to {} before keys can be replicated there.",
                listed(opt_in),
                opt_in.size() == 1 ? "this Region" : "these Regions")});
    }
    return warnings;
}

}  // namespace

std::string_view policy_kind(const ReplicaParameters& parameters) noexcept {
    return !parameters.policy ? "default" : parameters.policy_is_template ? "template" : "custom";
}

PlanSummary summarize(const Plan& plan) {
    PlanSummary summary;
    summary.groups.resize(plan.groups.size());
    for (const Region& region : plan.regions) {
        summary.regions.push_back(RegionSummary{region});
    }
    for (const PlannedKey& key : plan.keys) {
        ++summary.groups[key.group].keys;
        summary.accounts.insert(key.primary.account);
    }
    for (const Job& job : plan.jobs) {
        ++summary.regions[job.region].replicas;
        ++summary.groups[plan.keys[job.key].group].replicas;
    }
    summary.load = quota_load(plan);
    summary.warnings = find_warnings(plan, summary);
    return summary;
}

}  // namespace keyferry
