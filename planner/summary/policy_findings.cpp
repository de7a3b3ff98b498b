// SPDX-License-Identifier: Apache-2.0
#include "io/names/in_quotes.hpp"
#include "planner/policy/policy_scope.hpp"
#include "planner/summary/finding.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"

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

/// The keys that share one copied policy.
struct PolicyOwners {
    std::uint32_t first = 0;  ///< index into Plan::keys
    std::uint64_t keys = 0;
};

/// Number of replicas whose policy has a given flaw, by group.
struct Tally {
    std::map<std::uint32_t, std::uint64_t> groups;
    std::set<std::string> examples;

    void count(std::uint32_t group) { ++groups[group]; }
};

/// The flaws of a policy for replicas of one account and Region.
struct PolicyFlaws {
    bool is_locked_out = false;
    bool names_deleted = false;
    bool is_region_bound = false;
    bool forbids_promotion = false;
};

/// Returns a condition key unchanged if it is plain, and quoted otherwise. A copied policy is
/// untrusted text that could otherwise inject lines or control characters into a report.
std::string on_one_line(const std::string& key) {
    const bool is_plain = std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == ':' || c == '/' || c == '-' || c == '_' || c == '.';
    });
    return is_plain && key.size() <= io::kQuotedBytesMax ? key : io::in_quotes(key);
}

/// Parses each policy once and checks each (policy, account, Region) once.
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
        // Keys that share a policy share one string, so comparing addresses avoids comparing texts.
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

    /// Returns null if the key's policy is not copied or has not been read.
    const std::string* copied_policy(std::uint32_t key) const {
        const auto content = plan_.contents.find(key);
        return content == plan_.contents.end() ? nullptr : content->second.policy.get();
    }

    /// Returns the scope of the policy of the replicas of `key`; null for the default policy.
    const PolicyScope* scope_for(std::uint32_t key) {
        const std::string* copied = copied_policy(key);
        return copied != nullptr ? scope_of(*copied) : scopes_[plan_.keys[key].group];
    }

    const PolicyFlaws& flaws_of(const PolicyScope& scope,
                                const PlannedKey& key,
                                std::uint32_t region) {
        const auto [place, is_new] =
            checked_.try_emplace(std::tuple(&scope, region, key.primary.account));
        if (is_new) {
            place->second = check(scope, key, plan_.regions[region].name());
        }
        return place->second;
    }

    /// "copied from 12 keys, including mrk-..."; empty for a policy that is not copied.
    std::string owners_text(const PolicyScope& scope) const {
        const auto owners = owners_.find(&scope);
        if (owners == owners_.end()) {
            return "";
        }
        const std::string& first = plan_.keys[owners->second.first].primary.key_id.text();
        return owners->second.keys == 1 ? fmt::format("copied from {}", first)
                                        : fmt::format("copied from {}, including {}",
                                                      counted(owners->second.keys, "key"),
                                                      first);
    }

    PolicyFlaws check(const PolicyScope& scope, const PlannedKey& key, const std::string& region) {
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
    std::unordered_map<const PolicyScope*, PolicyOwners> owners_;  ///< copied policies only
    std::vector<const PolicyScope*>
        scopes_;  ///< indexed by group; null if the spec has no policy text
    std::map<std::tuple<const PolicyScope*, std::uint32_t, io::AccountId>, PolicyFlaws> checked_;
};

/// Inserts the number of replicas and their groups at the {} in finding.text.
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
        fmt::format("{} ({})", counted(finding.affected, "replica"), groups_text(groups)));
    for (const std::string& example : tally.examples) {
        if (finding.examples.size() < kFindingExamplesMax) {
            finding.examples.push_back(example);
        }
    }
    findings.push_back(std::move(finding));
}

}  // namespace

void add_policy_findings(const ReviewedPlan& reviewed, std::vector<Finding>& findings) {
    const Plan& plan = reviewed.plan;
    PolicyCheck check(plan);
    check.run(reviewed.review);
    add_finding(
        plan,
        check.locked_out,
        {FindingSeverity::error,
         "account_locked_out",
         "The key policy of {} does not allow any principal of the account to change it "
         "(kms:PutKeyPolicy). The keys could not be managed, and KMS rejects such a "
         "policy.",
         "Allow kms:* for arn:aws:iam::{account}:root, as KMS's default policy does, or for "
         "the administrators' role.",
         0,
         {}},
        findings);
    add_finding(plan,
                check.deleted,
                {FindingSeverity::error,
                 "policy_names_deleted",
                 "The key policy of {} contains unique IDs of roles or users, which is how KMS "
                 "shows deleted principals. KMS rejects such a policy.",
                 "Remove them from the primary's policy (PutKeyPolicy), or write a policy in the "
                 "spec.",
                 0,
                 {}},
                findings);
    add_finding(plan,
                check.region_bound,
                {FindingSeverity::warning,
                 "policy_region_bound",
                 "The key policy of {} names other Regions but not the replica's Region, so its "
                 "statements do not apply to the replica as they do to the primary.",
                 "Use policy = { template = \"...\" } with {region} in place of the Region; a "
                 "copied policy is sent unchanged.",
                 0,
                 {}},
                findings);
    add_finding(plan,
                check.no_promotion,
                {FindingSeverity::notice,
                 "promotion_not_allowed",
                 "The key policy of {} does not allow principals to call both "
                 "kms:UpdatePrimaryRegion and kms:ReplicateKey, so these replicas cannot become "
                 "the primary if the primary's Region is lost.",
                 "Allow both actions for the principals that perform a failover, in this policy "
                 "and in the primary's policy.",
                 0,
                 {}},
                findings);
}

}  // namespace keyferry::planner
