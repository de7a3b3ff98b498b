#include "planner/plan_summary.hpp"

#include "planner/plan_wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <numeric>
#include <string_view>

namespace keyferry {

namespace {

/// "4 replicas (groups 'cards', 'orders')": those whose parameters have a `flaw`; empty for none.
std::string replicas_with(bool (*flaw)(const ReplicaParameters&),
                          const Plan& plan,
                          const PlanSummary& summary) {
    std::vector<std::string> names;
    std::uint64_t replicas = 0;
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        if (summary.groups[g].actions.total() > 0 && flaw(plan.groups[g].parameters)) {
            names.push_back(fmt::format("'{}'", plan.groups[g].name));
            replicas += summary.groups[g].actions.total();
        }
    }
    if (names.empty()) {
        return "";
    }
    return fmt::format("{} {} ({} {})",
                       replicas,
                       replicas == 1 ? "replica" : "replicas",
                       names.size() == 1 ? "group" : "groups",
                       listed(names));
}

std::vector<PlanWarning> find_warnings(const Plan& plan, const PlanSummary& summary) {
    struct Flaw {
        bool (*applies)(const ReplicaParameters&);
        std::string_view code;
        std::string_view before;  // the replicas in the sentence
        std::string_view behind;
    };
    static constexpr std::array kFlaws{
        Flaw{
            [](const ReplicaParameters& parameters) { return !parameters.policy; },
            "default_policy",
            "KMS's default key policy for ",
            ", as the spec asks: KMS copies none from the primary, and who may use the primary may "
            "not be able to use its replicas."},
        Flaw{[](const ReplicaParameters& parameters) { return parameters.tags.empty(); },
             "no_tags",
             "no tags for ",
             ": KMS copies none from the primary, so rules and bills that go by tags will miss "
             "them."},
        Flaw{[](const ReplicaParameters& parameters) {
                 return parameters.bypass_policy_lockout_safety_check.value_or(false);
             },
             "policy_check_bypassed",
             "the policy lockout safety check is bypassed for ",
             ": a slip in their policy makes keys that nobody can manage."},
    };
    std::vector<PlanWarning> warnings;
    for (const Flaw& flaw : kFlaws) {
        const std::string replicas = replicas_with(flaw.applies, plan, summary);
        if (!replicas.empty()) {
            warnings.push_back(PlanWarning{
                std::string(flaw.code), fmt::format("{}{}{}", flaw.before, replicas, flaw.behind)});
        }
    }
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

std::uint64_t ActionCounts::total() const noexcept {
    return std::accumulate(replicas.begin(), replicas.end(), std::uint64_t{0});
}

PlanSummary summarize(const Plan& plan, const PlanReview& review) {
    assert(review.verdicts.size() == plan.jobs.size());
    PlanSummary summary;
    summary.groups.resize(plan.groups.size());
    for (const Region& region : plan.regions) {
        summary.regions.push_back(RegionSummary{region, {}, 0});
    }
    for (const PlannedKey& key : plan.keys) {
        ++summary.groups[key.group].keys;
        summary.accounts.insert(key.primary.account);
    }
    std::array<std::uint64_t, kActionReasons> reasons{};
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
        const Job& job = plan.jobs[j];
        const JobVerdict& verdict = review.verdicts[j];
        summary.actions.count(verdict.action);
        summary.regions[job.region].actions.count(verdict.action);
        summary.groups[plan.keys[job.key].group].actions.count(verdict.action);
        ++reasons.at(static_cast<std::size_t>(verdict.reason));
    }
    for (std::size_t r = 0; r < reasons.size(); ++r) {
        if (reasons[r] > 0) {
            summary.reasons.push_back(ReasonSummary{static_cast<ActionReason>(r), reasons[r]});
        }
    }
    for (const ExtraReplica& extra : review.extras) {
        for (RegionSummary& region : summary.regions) {
            region.extras += region.region.name() == extra.region ? 1 : 0;
        }
    }
    summary.load = quota_load(plan, review);
    summary.warnings = find_warnings(plan, summary);
    return summary;
}

}  // namespace keyferry
