// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/finding.hpp"
#include "planner/summary/plan_summary.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace keyferry::planner {

namespace {

/// Returns nullopt for reasons that need no finding.
std::optional<FindingSeverity> severity_of(ActionReason reason) {
    switch (action_of(reason)) {
        case JobAction::create:
            return std::nullopt;
        case JobAction::exists:
            break;
        case JobAction::sync:
            return FindingSeverity::warning;
        case JobAction::unusable:
        case JobAction::blocked:
            return FindingSeverity::error;
    }
    return reason == ActionReason::not_seen ? std::optional(FindingSeverity::notice) : std::nullopt;
}

/// Returns the finding's code: "unusable_pending_deletion", "blocked_primary_disabled".
std::string code_of(ActionReason reason) {
    std::string code = fmt::format("{}_{}", name_of(action_of(reason)), name_of(reason));
    for (char& c : code) {
        c = c == ' ' || c == '-' ? '_' : c;
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return code;
}

/// "2 replicas exist but are scheduled for deletion."
std::string sentence_on(ActionReason reason, std::uint64_t replicas) {
    const bool is_one = replicas == 1;
    const auto sentence = [&](std::string_view singular, std::string_view plural) {
        return fmt::format("{} {}.", counted(replicas, "replica"), is_one ? singular : plural);
    };
    switch (reason) {
        case ActionReason::pending_import:
            return sentence("exists but has no key material yet",
                            "exist but have no key material yet");
        case ActionReason::not_seen:
            return sentence("is listed by its primary but could not be checked",
                            "are listed by their primaries but could not be checked");
        case ActionReason::differs:
            return sentence("exists but differs from the spec; a run does not change it",
                            "exist but differ from the spec; a run does not change them");
        case ActionReason::pending_deletion:
            return sentence("exists but is scheduled for deletion",
                            "exist but are scheduled for deletion");
        case ActionReason::enabled:
            return sentence("exists but is Enabled, and the spec requires it to be Disabled",
                            "exist but are Enabled, and the spec requires them to be Disabled");
        case ActionReason::disabled:
            return sentence("exists but is disabled", "exist but are disabled");
        case ActionReason::unavailable:
            return sentence("exists but is in a state in which it cannot be used",
                            "exist but are in a state in which they cannot be used");
        default:
            break;
    }
    return fmt::format("{} cannot be created ({}).", counted(replicas, "replica"), name_of(reason));
}

std::string example_of(const ReviewedPlan& reviewed, JobIndex index) {
    const Plan& plan = reviewed.plan;
    const PlanReview& review = reviewed.review;
    const Job& job = plan.jobs[index];
    const auto refused = review.refused_accounts.find(plan.keys[job.key].primary.account);
    if (review.verdicts[index].reason == ActionReason::no_credentials &&
        refused != review.refused_accounts.end()) {
        return fmt::format("account {}: {}", refused->first.digits(), refused->second);
    }
    std::string text = action_of(review.verdicts[index].reason) == JobAction::blocked
                           ? plan.keys[job.key].primary.text()
                           : replica_arn(plan, job).text();
    const auto date = review.deletion_dates_s.find(index);
    if (date != review.deletion_dates_s.end()) {
        text += fmt::format(" (deletion date {})", date_text(date->second));
    }
    const auto moved = review.moved_to.find(job.key);
    if (moved != review.moved_to.end()) {
        text += fmt::format(" (primary now in {})", moved->second);
    }
    return text;
}

void add_reasons(const ReviewedPlan& reviewed,
                 const PlanSummary& summary,
                 std::vector<Finding>& findings) {
    std::map<ActionReason, Finding> by_reason;
    for (const ReasonSummary& seen : summary.reasons) {
        if (const auto severity = severity_of(seen.reason)) {
            by_reason[seen.reason] = Finding{*severity,
                                             code_of(seen.reason),
                                             sentence_on(seen.reason, seen.replicas),
                                             std::string(advice_on(seen.reason)),
                                             seen.replicas,
                                             {}};
        }
    }
    if (by_reason.empty()) {
        return;
    }
    for (JobIndex j = 0; j < reviewed.plan.jobs.size(); ++j) {
        const auto place = by_reason.find(reviewed.review.verdicts[j].reason);
        if (place == by_reason.end()) {
            continue;
        }
        std::vector<std::string>& examples = place->second.examples;
        // Every refused account is named, since each has its own reason.
        if (examples.size() < kFindingExamplesMax || place->first == ActionReason::no_credentials) {
            // A blocked primary can have several jobs but is listed once, and so is a refused
            // account.
            std::string example = example_of(reviewed, j);
            if (std::find(examples.begin(), examples.end(), example) == examples.end()) {
                examples.push_back(std::move(example));
            }
        }
    }
    for (auto& [reason, finding] : by_reason) {
        findings.push_back(std::move(finding));
    }
}

void add_extras(const ReviewedPlan& reviewed, std::vector<Finding>& findings) {
    const PlanReview& review = reviewed.review;
    if (review.extras.empty()) {
        return;
    }
    std::vector<std::string> examples;
    for (const ExtraReplica& extra : review.extras) {
        if (examples.size() < kFindingExamplesMax) {
            examples.push_back(fmt::format(
                "{} in {}", reviewed.plan.keys[extra.key].primary.key_id.text(), extra.region));
        }
    }
    findings.push_back(Finding{
        FindingSeverity::notice,
        "extra_replicas",
        fmt::format("{} of these keys {} in Regions that the spec does not list for them. "
                    "They are billed; keyferry does not change them.",
                    counted(review.extras.size(), "replica"),
                    review.extras.size() == 1 ? "exists" : "exist"),
        "Add their Regions to replicate_to, or schedule the deletion of the replicas that are "
        "not used.",
        review.extras.size(),
        std::move(examples)});
}

/// Opt-in Regions in which replicas are to be created.
struct OptInRegions {
    std::vector<std::string> names;
    std::uint64_t replicas = 0;

    void add(const RegionSummary& region) {
        const std::uint64_t created = region.actions.of(JobAction::create);
        if (created > 0 && io::is_opt_in_region(region.region)) {
            names.push_back(region.region.name());
            replicas += created;
        }
    }
    std::string_view these() const noexcept {
        return names.size() == 1 ? "this Region" : "these Regions";
    }
};

void add_opt_in(const PlanReview& review,
                const PlanSummary& summary,
                std::vector<Finding>& findings) {
    OptInRegions disabled;
    OptInRegions unknown;
    for (const RegionSummary& region : summary.regions) {
        const auto known = review.regions_enabled.find(region.region.name());
        if (known == review.regions_enabled.end()) {
            unknown.add(region);
        } else if (!known->second) {
            disabled.add(region);
        }
    }
    if (!disabled.names.empty()) {
        findings.push_back(
            Finding{FindingSeverity::error,
                    "regions_not_enabled",
                    fmt::format("{}: the account has not enabled {}, so keys cannot be replicated "
                                "there.",
                                listed(disabled.names),
                                disabled.these()),
                    "Enable them (`aws account enable-region`), which takes minutes to hours, or "
                    "remove them from the spec.",
                    disabled.replicas,
                    {}});
    }
    if (!unknown.names.empty()) {
        findings.push_back(
            Finding{FindingSeverity::warning,
                    "opt_in_regions",
                    fmt::format("{}: the account must opt in to {} before keys can be "
                                "replicated there.",
                                listed(unknown.names),
                                unknown.these()),
                    "Check with `aws account list-regions`; opting in takes minutes to hours.",
                    unknown.replicas,
                    {}});
    }
}

/// Reports accounts and Regions in which the known number of keys after the run is between
/// `share_min` (exclusive) and `share_max` (inclusive) of KMS's default key quota. finding.text is
/// the end of a sentence.
void add_key_quota_finding(const PlanSummary& summary,
                           double share_min,
                           double share_max,
                           Finding finding,
                           std::vector<Finding>& findings) {
    for (const KeyQuotaUsage& usage : summary.key_quotas) {
        const double share =
            static_cast<double>(usage.after()) / static_cast<double>(kDefaultKeyQuota);
        if (share <= share_min || share > share_max) {
            continue;
        }
        ++finding.affected;
        if (finding.examples.size() < kFindingExamplesMax) {
            finding.examples.push_back(fmt::format("{} in account {}: {}",
                                                   usage.place.region.name(),
                                                   usage.place.account.digits(),
                                                   counted(usage.after(), "key")));
        }
    }
    if (finding.affected > 0) {
        finding.text = fmt::format(
            "In {}, {}", counted(finding.affected, "account-Region pair"), finding.text);
        findings.push_back(std::move(finding));
    }
}

void add_elsewhere(const Plan& plan, std::vector<Finding>& findings) {
    const std::size_t keys = plan.keys_elsewhere.size();
    if (keys == 0) {
        return;
    }
    Finding finding{FindingSeverity::error,
                    "keys_elsewhere",
                    fmt::format("{} that groups select {} not in this plan, because {} in a Region "
                                "that is neither in primary nor in replicate_to.",
                                counted(keys, "key"),
                                keys == 1 ? "is" : "are",
                                keys == 1 ? "its primary is" : "their primaries are"),
                    "Add the Region to the group, move the primaries back (UpdatePrimaryRegion), "
                    "or list the keys in the group's `except`.",
                    keys,
                    {}};
    for (std::size_t k = 0; k < std::min(keys, kFindingExamplesMax); ++k) {
        finding.examples.push_back(plan.keys_elsewhere[k].primary.text());
    }
    findings.push_back(std::move(finding));
}

void add_selection_finding(const ReviewedPlan& reviewed, std::vector<Finding>& findings) {
    const Plan& plan = reviewed.plan;
    std::vector<std::string> groups;
    std::vector<std::string> refused_groups;
    std::vector<std::string> refused_accounts;
    for (const Selection& selection : plan.selections) {
        const auto refused = reviewed.review.refused_accounts.find(selection.home.account);
        if (selection.is_resolved) {
            continue;
        }
        std::vector<std::string>& names =
            refused == reviewed.review.refused_accounts.end() ? groups : refused_groups;
        if (names.empty() || names.back() != selection.group) {  // it may have several Regions
            names.push_back(selection.group);
        }
        if (refused == reviewed.review.refused_accounts.end()) {
            continue;
        }
        std::string account =
            fmt::format("account {}: {}", refused->first.digits(), refused->second);
        if (refused_accounts.empty() || refused_accounts.back() != account) {
            refused_accounts.push_back(std::move(account));
        }
    }
    if (!refused_groups.empty()) {
        findings.push_back(
            Finding{FindingSeverity::error,
                    "keys_not_searched",
                    fmt::format("The keys selected by {} are missing, because the credentials of "
                                "their account were refused.",
                                groups_text(refused_groups)),
                    std::string(advice_on(ActionReason::no_credentials)),
                    0,
                    std::move(refused_accounts)});
    }
    if (plan.keys_unseen > 0) {
        findings.push_back(
            Finding{FindingSeverity::error,
                    "keys_unseen",
                    fmt::format("{} could not be checked against the groups' selections and {} not "
                                "in this plan.",
                                counted(plan.keys_unseen, "multi-Region key"),
                                plan.keys_unseen == 1 ? "is" : "are"),
                    "Allow kms:DescribeKey and kms:ListResourceTags on them and plan again, or "
                    "list them in the group's `except`.",
                    0,
                    {}});
    }
    add_elsewhere(plan, findings);
    if (!groups.empty()) {
        findings.push_back(
            Finding{FindingSeverity::warning,
                    "keys_not_searched",
                    fmt::format("The keys selected by {} are missing, because KMS was not queried.",
                                groups_text(groups)),
                    "Plan without --offline; planning only reads from KMS.",
                    0,
                    {}});
    }
}

}  // namespace

void add_moved_findings(const Plan& plan, std::vector<Finding>& findings) {
    std::map<io::Region, std::vector<std::uint32_t>> keys_by_region;
    for (const auto& [key, stated] : plan.moved_from) {
        const std::vector<io::Region>& allowed = plan.groups[plan.keys[key].group].primaries;
        if (std::find(allowed.begin(), allowed.end(), plan.keys[key].primary.region) !=
            allowed.end()) {
            continue;
        }
        keys_by_region[plan.keys[key].primary.region].push_back(key);
    }
    for (const auto& [region, keys] : keys_by_region) {
        Finding finding{
            FindingSeverity::warning,
            "primary_moved",
            fmt::format("The {} of {} moved to {}. The plan replicates {} from that Region.",
                        keys.size() == 1 ? "primary" : "primaries",
                        counted(keys.size(), "key"),
                        region.name(),
                        keys.size() == 1 ? "the key" : "the keys"),
            "If this is permanent, change primary in the spec; otherwise, move the primaries back "
            "(UpdatePrimaryRegion).",
            0,
            {}};
        for (const std::uint32_t key : keys) {
            if (finding.examples.size() < kFindingExamplesMax) {
                finding.examples.push_back(fmt::format("{} (in the spec: {})",
                                                       plan.keys[key].primary.text(),
                                                       plan.moved_from.at(key).name()));
            }
        }
        finding.affected = static_cast<std::uint64_t>(
            std::count_if(plan.jobs.begin(), plan.jobs.end(), [&, &keys = keys](const Job& job) {
                return std::binary_search(keys.begin(), keys.end(), job.key);
            }));
        findings.push_back(std::move(finding));
    }
}

void add_review_findings(const ReviewedPlan& reviewed,
                         const PlanSummary& summary,
                         std::vector<Finding>& findings) {
    add_selection_finding(reviewed, findings);
    add_reasons(reviewed, summary, findings);
    add_key_quota_finding(
        summary,
        1,
        1e9,
        {FindingSeverity::warning,
         "key_quota_exceeded",
         fmt::format("the run would exceed KMS's default quota of {} keys per account and "
                     "Region and would stop there.",
                     with_thousands(kDefaultKeyQuota)),
         "Request a quota increase (Service Quotas, \"Customer Master Keys (CMKs)\") before "
         "the run, unless the quota has already been raised.",
         0,
         {}},
        findings);
    add_opt_in(reviewed.review, summary, findings);
    add_key_quota_finding(
        summary,
        0.8,
        1,
        {FindingSeverity::notice,
         "key_quota_nearly_used",
         fmt::format("the keys will use more than 80 % of KMS's default quota of {} keys per "
                     "account and Region.",
                     with_thousands(kDefaultKeyQuota)),
         "plan --count-keys also counts the keys that are not in this plan.",
         0,
         {}},
        findings);
    add_extras(reviewed, findings);
}

}  // namespace keyferry::planner
