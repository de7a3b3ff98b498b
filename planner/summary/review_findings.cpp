// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/finding.hpp"
#include "planner/summary/plan_summary.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace keyferry::planner {

namespace {

/// "2026-12-01"
std::string date_text(double epoch_s) {
    const std::chrono::sys_seconds moment{
        std::chrono::seconds(static_cast<std::chrono::seconds::rep>(epoch_s))};
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(moment)};
    return fmt::format("{:04}-{:02}-{:02}",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

/// Nothing for reasons that need no word.
std::optional<FindingSeverity> severity_of(ActionReason reason) {
    switch (action_of(reason)) {
        case JobAction::create:
            return std::nullopt;
        case JobAction::exists:
            break;
        case JobAction::sync:
            return FindingSeverity::warning;
        case JobAction::conflict:
        case JobAction::blocked:
            return FindingSeverity::error;
    }
    return reason == ActionReason::pending_import ? std::optional(FindingSeverity::warning)
           : reason == ActionReason::not_seen     ? std::optional(FindingSeverity::notice)
                                                  : std::nullopt;
}

/// "conflict_pending_deletion". A blocked job's reason may begin with "primary", which stays.
std::string code_of(ActionReason reason) {
    std::string code = fmt::format("{}_{}", name_of(action_of(reason)), name_of(reason));
    for (char& c : code) {
        c = c == ' ' || c == '-' ? '_' : c;
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return code;
}

std::string_view sentence_of(JobAction action) {
    switch (action) {
        case JobAction::create:
            break;
        case JobAction::exists:
            return "there, but not ready to use";
        case JobAction::sync:
            return "there, and not as the spec says; a run leaves them as they are";
        case JobAction::conflict:
            return "not made, since something unusable stands in their place";
        case JobAction::blocked:
            return "not made, since their primaries cannot be replicated";
    }
    return "to be made";
}

std::string example_of(const Plan& plan, const PlanReview& review, JobIndex index) {
    const Job& job = plan.jobs[index];
    std::string text = action_of(review.verdicts[index].reason) == JobAction::blocked
                           ? plan.keys[job.key].primary.text()
                           : replica_arn(plan, job).text();
    const auto date = review.deletion_dates_s.find(index);
    if (date != review.deletion_dates_s.end()) {
        text += fmt::format(" (goes on {})", date_text(date->second));
    }
    const auto moved = review.moved_to.find(job.key);
    if (moved != review.moved_to.end()) {
        text += fmt::format(" (now in {})", moved->second);
    }
    return text;
}

void add_reasons(const Plan& plan,
                 const PlanReview& review,
                 const PlanSummary& summary,
                 std::vector<Finding>& findings) {
    std::map<ActionReason, Finding> by_reason;
    for (const ReasonSummary& seen : summary.reasons) {
        if (const auto severity = severity_of(seen.reason)) {
            by_reason[seen.reason] =
                Finding{*severity,
                        code_of(seen.reason),
                        fmt::format("{} {} {} ({}).",
                                    counted(seen.replicas, "replica", "replicas"),
                                    seen.replicas == 1 ? "is" : "are",
                                    sentence_of(action_of(seen.reason)),
                                    name_of(seen.reason)),
                        std::string(advice_on(seen.reason)),
                        seen.replicas,
                        {}};
        }
    }
    if (by_reason.empty()) {
        return;
    }
    for (JobIndex j = 0; j < plan.jobs.size(); ++j) {
        const auto place = by_reason.find(review.verdicts[j].reason);
        if (place == by_reason.end()) {
            continue;
        }
        std::vector<std::string>& examples = place->second.examples;
        if (examples.size() < kFindingExamplesMax) {
            // A blocked primary has several jobs: it is named once.
            std::string example = example_of(plan, review, j);
            if (examples.empty() || examples.back() != example) {
                examples.push_back(std::move(example));
            }
        }
    }
    for (auto& [reason, finding] : by_reason) {
        findings.push_back(std::move(finding));
    }
}

void add_extras(const Plan& plan, const PlanReview& review, std::vector<Finding>& findings) {
    if (review.extras.empty()) {
        return;
    }
    std::vector<std::string> examples;
    for (const ExtraReplica& extra : review.extras) {
        if (examples.size() < kFindingExamplesMax) {
            examples.push_back(
                fmt::format("{} in {}", plan.keys[extra.key].primary.key_id.text(), extra.region));
        }
    }
    findings.push_back(
        Finding{FindingSeverity::notice,
                "extra_replicas",
                fmt::format("{} of these keys in Regions that the spec does not name for them. "
                            "They are billed, and nothing here touches them.",
                            counted(review.extras.size(), "replica", "replicas")),
                "Add their Regions to replicate_to, or schedule their deletion when nobody uses "
                "them.",
                review.extras.size(),
                std::move(examples)});
}

/// Regions that an account must enable, with replicas to be made there.
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
                    fmt::format("{}: the account has not enabled {}, so nothing can be replicated "
                                "there.",
                                listed(disabled.names),
                                disabled.these()),
                    "Enable them (`aws account enable-region`), which takes minutes to hours, or "
                    "leave them out.",
                    disabled.replicas,
                    {}});
    }
    if (!unknown.names.empty()) {
        findings.push_back(
            Finding{FindingSeverity::warning,
                    "opt_in_regions",
                    fmt::format("{}: an account must be opted in to {} before keys can be "
                                "replicated there.",
                                listed(unknown.names),
                                unknown.these()),
                    "See `aws account list-regions`; opting in takes minutes to hours.",
                    unknown.replicas,
                    {}});
    }
}

/// Places whose keys, as far as they are known, fill KMS's default quota by `share_min` to
/// `share_max`.
void add_room(const PlanSummary& summary,
              double share_min,
              double share_max,
              Finding finding,
              std::vector<Finding>& findings) {
    for (const KeyQuotaUsage& room : summary.rooms) {
        const double share =
            static_cast<double>(room.after()) / static_cast<double>(kKeysOfPlaceMax);
        if (share <= share_min || share > share_max) {
            continue;
        }
        ++finding.affected;
        if (finding.examples.size() < kFindingExamplesMax) {
            finding.examples.push_back(fmt::format("{} in account {}: {} keys",
                                                   room.place.region.name(),
                                                   room.place.account.digits(),
                                                   with_thousands(room.after())));
        }
    }
    if (finding.affected > 0) {
        finding.text =
            fmt::format("In {}, {}", counted(finding.affected, "place", "places"), finding.text);
        findings.push_back(std::move(finding));
    }
}

void add_selection_finding(const Plan& plan, std::vector<Finding>& findings) {
    std::vector<std::string> groups;
    for (const Selection& selection : plan.selections) {
        if (!selection.is_resolved) {
            groups.push_back(selection.group);
        }
    }
    if (plan.keys_unseen > 0) {
        findings.push_back(
            Finding{FindingSeverity::error,
                    "keys_unseen",
                    fmt::format("Of {} it could not be told whether a group selects them: this "
                                "plan lacks them.",
                                counted(plan.keys_unseen, "multi-Region key", "multi-Region keys")),
                    "Allow kms:DescribeKey and kms:ListResourceTags on them and plan again, or "
                    "list them under except.",
                    0,
                    {}});
    }
    if (!groups.empty()) {
        findings.push_back(
            Finding{FindingSeverity::warning,
                    "keys_not_searched",
                    fmt::format("The keys that are selected by {} are missing: nobody has asked "
                                "KMS which there are.",
                                groups_text(groups)),
                    "Plan without --offline: that asks KMS, and changes nothing.",
                    0,
                    {}});
    }
}

}  // namespace

void add_review_findings(const Plan& plan,
                         const PlanReview& review,
                         const PlanSummary& summary,
                         std::vector<Finding>& findings) {
    add_selection_finding(plan, findings);
    add_reasons(plan, review, summary, findings);
    add_room(summary,
             1,
             1e9,
             {FindingSeverity::warning,
              "key_room_exceeded",
              fmt::format("there are more keys then than KMS's default quota of {} an "
                          "account and Region: there the run will stop for want of room.",
                          with_thousands(kKeysOfPlaceMax)),
              "Have the quota raised (Service Quotas, \"Customer Master Keys (CMKs)\") before the "
              "run, unless it has been.",
              0,
              {}},
             findings);
    add_opt_in(review, summary, findings);
    add_room(summary,
             0.8,
             1,
             {FindingSeverity::notice,
              "key_room_small",
              fmt::format("keys then fill more than four fifths of KMS's default quota of {} an "
                          "account and Region.",
                          with_thousands(kKeysOfPlaceMax)),
              "plan --count-keys counts those too that are not this plan's.",
              0,
              {}},
             findings);
    add_extras(plan, review, findings);
}

}  // namespace keyferry::planner
