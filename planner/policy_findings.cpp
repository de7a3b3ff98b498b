#include "planner/finding.hpp"
#include "planner/plan_wording.hpp"
#include "planner/policy_scope.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace keyferry {

namespace {

/// Replicas whose policy has one flaw, by group.
struct Tally {
    std::map<std::uint32_t, std::uint64_t> groups;
    std::set<std::string> examples;

    void count(std::uint32_t group) { ++groups[group]; }
};

/// What is wrong with a policy for a replica of one group, account and Region.
struct PolicyFlaws {
    bool is_locked_out = false;
    bool is_region_bound = false;
    bool forbids_promotion = false;
};

/// Looks at each policy once, and at each (group, account, Region) once.
class PolicyCheck {
  public:
    explicit PolicyCheck(const Plan& plan) : plan_(plan) {
        for (const PlannedGroup& group : plan.groups) {
            scopes_.push_back(group.parameters.policy ? scope_of(*group.parameters.policy)
                                                      : nullptr);
        }
    }

    void run(const PlanReview& review) {
        for (std::size_t j = 0; j < plan_.jobs.size(); ++j) {
            const Job& job = plan_.jobs[j];
            const PlannedKey& key = plan_.keys[job.key];
            if (scopes_[key.group] == nullptr || review.verdicts[j].action != JobAction::create) {
                continue;
            }
            const PolicyFlaws& flaws = flaws_of(key, job.region);
            if (flaws.is_locked_out) {
                locked_out.count(key.group);
            }
            if (flaws.is_region_bound) {
                region_bound.count(key.group);
            }
            if (flaws.forbids_promotion) {
                no_promotion.count(key.group);
            }
        }
    }

    Tally locked_out;
    Tally region_bound;
    Tally no_promotion;

  private:
    const PolicyScope* scope_of(const std::string& policy) {
        const auto [place, is_new] = by_text_.try_emplace(policy);
        if (is_new) {
            place->second = policy_scope(policy);
        }
        return &place->second;
    }

    const PolicyFlaws& flaws_of(const PlannedKey& key, std::uint32_t region) {
        const auto [place, is_new] =
            seen_.try_emplace(std::tuple(key.group, region, key.primary.account));
        if (is_new) {
            place->second = look(key, plan_.regions[region].name());
        }
        return place->second;
    }

    PolicyFlaws look(const PlannedKey& key, const std::string& region) {
        const PolicyScope& scope = *scopes_[key.group];
        PolicyFlaws flaws;
        flaws.is_locked_out = !is_manageable_by(scope, key.primary.account);
        flaws.forbids_promotion =
            !scope.allows_replicate_key || !scope.allows_update_primary_region;
        for (const RegionBinding& binding : scope.bindings) {
            if (!binding.regions.contains(region)) {
                flaws.is_region_bound = true;
                region_bound.examples.insert(
                    fmt::format("{} names {}",
                                binding.where,
                                listed(std::vector<std::string>(binding.regions.begin(),
                                                                binding.regions.end()))));
            }
        }
        return flaws;
    }

    const Plan& plan_;
    std::map<std::string_view, PolicyScope> by_text_;  ///< groups may share a policy file
    std::vector<const PolicyScope*> scopes_;           ///< by group; null for the default policy
    std::map<std::tuple<std::uint32_t, std::uint32_t, AccountId>, PolicyFlaws> seen_;
};

/// `text` has the replicas and their groups in place of its {}.
void add_finding(const Plan& plan,
                 const Tally& tally,
                 Finding finding,
                 std::vector<Finding>& findings) {
    if (tally.groups.empty()) {
        return;
    }
    std::vector<std::string> groups;
    for (const auto& [group, replicas] : tally.groups) {
        groups.push_back(plan.groups[group].name);
        finding.affected += replicas;
    }
    finding.text = fmt::format(
        fmt::runtime(finding.text),
        fmt::format(
            "{} ({})", counted(finding.affected, "replica", "replicas"), groups_text(groups)));
    for (const std::string& example : tally.examples) {
        if (finding.examples.size() < kFindingExamplesMax) {
            finding.examples.push_back(example);
        }
    }
    findings.push_back(std::move(finding));
}

}  // namespace

void add_policy_findings(const Plan& plan,
                         const PlanReview& review,
                         std::vector<Finding>& findings) {
    PolicyCheck check(plan);
    check.run(review);
    add_finding(plan,
                check.locked_out,
                {FindingSeverity::error,
                 "account_locked_out",
                 "The key policy of {} lets nobody of the account change it (kms:PutKeyPolicy): "
                 "the keys could never be managed, and KMS refuses such a policy.",
                 "Allow kms:* to arn:aws:iam::{account}:root, as KMS's default policy does, or to "
                 "the administrators' role.",
                 0,
                 {}},
                findings);
    add_finding(plan,
                check.region_bound,
                {FindingSeverity::warning,
                 "policy_region_bound",
                 "The key policy of {} names other Regions and not the replica's: what it allows "
                 "or denies there does not hold as it does for the primary.",
                 "Write {region} in its place and policy = { template = \"...\" }.",
                 0,
                 {}},
                findings);
    add_finding(plan,
                check.no_promotion,
                {FindingSeverity::notice,
                 "promotion_not_allowed",
                 "The key policy of {} allows nobody kms:UpdatePrimaryRegion or kms:ReplicateKey: "
                 "these replicas cannot become the primary when its Region is lost.",
                 "Allow both to whoever fails over, here and in the primary's policy.",
                 0,
                 {}},
                findings);
}

}  // namespace keyferry
