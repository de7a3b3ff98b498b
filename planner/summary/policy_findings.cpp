// SPDX-License-Identifier: Apache-2.0
#include "io/names/in_quotes.hpp"
#include "planner/policy/policy_scope.hpp"
#include "planner/summary/finding.hpp"
#include "planner/summary/plan_wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace keyferry::planner {

namespace {

/// Keys that have one copied policy.
struct PolicyOwners {
    std::uint32_t first = 0;  ///< index into Plan::keys
    std::uint64_t keys = 0;
};

/// Replicas whose policy has one flaw, by group.
struct Tally {
    std::map<std::uint32_t, std::uint64_t> groups;
    std::set<std::string> examples;

    void count(std::uint32_t group) { ++groups[group]; }
};

/// What is wrong with a policy for a replica of one group, account and Region.
struct PolicyFlaws {
    bool is_locked_out = false;
    bool names_deleted = false;
    bool is_region_bound = false;
    bool forbids_promotion = false;
};

/// A condition key as it is, or in quotes where a report could be led astray by it: a copied policy
/// is text that others have written.
std::string on_one_line(const std::string& key) {
    const bool is_plain = std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == ':' || c == '/' || c == '-' || c == '_' || c == '.';
    });
    return is_plain && key.size() <= io::kQuotedBytesMax ? key : io::in_quotes(key);
}

/// Looks at each policy once, and at each (policy, account, Region) once.
class PolicyCheck {
  public:
    explicit PolicyCheck(const Plan& plan) : plan_(plan) {
        for (const PlannedGroup& group : plan.groups) {
            scopes_.push_back(group.parameters.policy ? scope_of(*group.parameters.policy)
                                                      : nullptr);
        }
        for (std::uint32_t key = 0; key < plan.keys.size(); ++key) {
            if (const std::string* policy = copied_policy(key)) {
                PolicyOwners& owners = owners_[scope_of(*policy)];
                owners.first = owners.keys == 0 ? key : owners.first;
                ++owners.keys;
            }
        }
    }

    void run(const PlanReview& review) {
        for (std::size_t j = 0; j < plan_.jobs.size(); ++j) {
            const Job& job = plan_.jobs[j];
            const PlannedKey& key = plan_.keys[job.key];
            if (review.verdicts[j].action != JobAction::create) {
                continue;
            }
            const PolicyScope* scope = scope_for(job.key);
            if (scope == nullptr) {
                continue;
            }
            const PolicyFlaws& flaws = flaws_of(*scope, key, job.region);
            if (flaws.is_locked_out) {
                locked_out.count(key.group);
            }
            if (flaws.names_deleted) {
                deleted.count(key.group);
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
    Tally deleted;
    Tally region_bound;
    Tally no_promotion;

  private:
    const PolicyScope* scope_of(const std::string& policy) {
        // Many keys hold the same text at the same place: it need not be compared again.
        const auto [known, is_new_place] = by_place_.try_emplace(&policy);
        if (!is_new_place) {
            return known->second;
        }
        const auto [place, is_new] = by_text_.try_emplace(policy);
        if (is_new) {
            place->second = policy_scope(policy);
        }
        return known->second = &place->second;
    }

    /// Null where the key's policy is not copied, or nobody has asked for it.
    const std::string* copied_policy(std::uint32_t key) const {
        const auto content = plan_.contents.find(key);
        return content == plan_.contents.end() ? nullptr : content->second.policy.get();
    }

    /// Of the policy that goes along with the replicas of `key`; null for the default policy.
    const PolicyScope* scope_for(std::uint32_t key) {
        const std::string* copied = copied_policy(key);
        return copied != nullptr ? scope_of(*copied) : scopes_[plan_.keys[key].group];
    }

    const PolicyFlaws& flaws_of(const PolicyScope& scope,
                                const PlannedKey& key,
                                std::uint32_t region) {
        const auto [place, is_new] =
            seen_.try_emplace(std::tuple(&scope, region, key.primary.account));
        if (is_new) {
            place->second = look(scope, key, plan_.regions[region].name());
        }
        return place->second;
    }

    /// "copied from 12 keys, mrk-... the first"; empty for a policy that only the spec has.
    std::string owners_text(const PolicyScope& scope) const {
        const auto owners = owners_.find(&scope);
        if (owners == owners_.end()) {
            return "";
        }
        const std::string& first = plan_.keys[owners->second.first].primary.key_id.text();
        return owners->second.keys == 1 ? fmt::format("copied from {}", first)
                                        : fmt::format("copied from {}, {} the first",
                                                      counted(owners->second.keys, "key", "keys"),
                                                      first);
    }

    PolicyFlaws look(const PolicyScope& scope, const PlannedKey& key, const std::string& region) {
        PolicyFlaws flaws;
        flaws.is_locked_out = !is_manageable_by(scope, key.primary.account);
        flaws.forbids_promotion =
            !scope.allows_replicate_key || !scope.allows_update_primary_region;
        const std::string owners = owners_text(scope);
        if (!owners.empty() && flaws.is_locked_out) {
            locked_out.examples.insert(owners);
        }
        for (const std::string& principal : scope.deleted_principals) {
            flaws.names_deleted = true;
            deleted.examples.insert(
                fmt::format("{}{}{}", principal, owners.empty() ? "" : "; ", owners));
        }
        if (!owners.empty() && flaws.forbids_promotion) {
            no_promotion.examples.insert(owners);
        }
        for (const RegionBinding& binding : scope.bindings) {
            if (!binding.regions.contains(region)) {
                flaws.is_region_bound = true;
                region_bound.examples.insert(
                    fmt::format("{} names {}{}{}",
                                on_one_line(binding.where),
                                listed(std::vector<std::string>(binding.regions.begin(),
                                                                binding.regions.end())),
                                owners.empty() ? "" : "; ",
                                owners));
            }
        }
        return flaws;
    }

    const Plan& plan_;
    std::map<std::string_view, PolicyScope> by_text_;  ///< groups may share a policy file
    std::unordered_map<const std::string*, const PolicyScope*> by_place_;
    std::unordered_map<const PolicyScope*, PolicyOwners> owners_;  ///< of those that are copied
    std::vector<const PolicyScope*> scopes_;  ///< by group; null for none that the spec states
    std::map<std::tuple<const PolicyScope*, std::uint32_t, io::AccountId>, PolicyFlaws> seen_;
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
                check.deleted,
                {FindingSeverity::error,
                 "policy_names_deleted",
                 "The key policy of {} names roles or users by unique id, as KMS tells those that "
                 "have been deleted: KMS refuses to attach it.",
                 "Take them out of the primary's policy (PutKeyPolicy), or write a policy into the "
                 "spec.",
                 0,
                 {}},
                findings);
    add_finding(plan,
                check.region_bound,
                {FindingSeverity::warning,
                 "policy_region_bound",
                 "The key policy of {} names other Regions and not the replica's: what it allows "
                 "or denies there does not hold as it does for the primary.",
                 "Write {region} in its place and policy = { template = \"...\" }; a copied policy "
                 "is sent as the primary has it.",
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

}  // namespace keyferry::planner
