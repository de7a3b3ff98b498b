// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/finding.hpp"
#include "planner/summary/plan_summary.hpp"
#include "planner/summary/plan_wording.hpp"

#include <fmt/format.h>

#include <array>

namespace keyferry::planner {

namespace {

/// What the parameters of a group can leave out or ask for.
struct Flaw {
    bool (*applies)(const ReplicaParameters&);
    FindingSeverity severity;
    std::string_view code;
    std::string_view before;  // the replicas in the sentence
    std::string_view behind;
    std::string_view advice;
};

constexpr std::array kFlaws{
    Flaw{
        [](const ReplicaParameters& parameters) {
            return !parameters.policy && !parameters.copied.policy;
        },
        FindingSeverity::warning,
        "default_policy",
        "KMS's default key policy for ",
        ", as the spec asks: KMS copies none from the primary, and who may use the primary may not "
        "be able to use its replicas.",
        "Copy the primary's (policy = \"copy\") or write it into the spec, {region} and {account} "
        "in "
        "place of its own, or see that IAM policies alone say who may use these keys."},
    Flaw{[](const ReplicaParameters& parameters) {
             return parameters.bypass_policy_lockout_safety_check.value_or(false);
         },
         FindingSeverity::warning,
         "policy_check_bypassed",
         "The policy lockout safety check is bypassed for ",
         ": a slip in their policy makes keys that nobody can manage.",
         "Ask for it only where the caller shall lose control of the key."},
    Flaw{[](const ReplicaParameters& parameters) {
             return parameters.tags.empty() && !parameters.copied.tags;
         },
         FindingSeverity::warning,
         "no_tags",
         "No tags for ",
         ": KMS copies none from the primary, so rules and bills that go by tags will miss them.",
         "Write tags = \"copy\" or tags = { ... } into the group: they are sent along."},
    Flaw{[](const ReplicaParameters& parameters) {
             return !parameters.description.has_value() && !parameters.copied.description;
         },
         FindingSeverity::notice,
         "no_description",
         "No description for ",
         ": KMS copies none from the primary.",
         "Write description = \"copy\" or a text of your own into the group."},
    Flaw{[](const ReplicaParameters& parameters) { return !parameters.aliases.any(); },
         FindingSeverity::notice,
         "no_aliases",
         "No aliases for ",
         ": KMS copies none from the primary.",
         "Where applications name keys by alias, write aliases = \"copy\" or a list of names into "
         "the group: keyferry sync makes them."},
    Flaw{[](const ReplicaParameters& parameters) { return parameters.aliases.any(); },
         FindingSeverity::notice,
         "aliases_by_sync",
         "Aliases are stated for ",
         ": ReplicateKey takes none, and a run makes none.",
         "keyferry sync, after the run, makes them."},
};

/// Of a plan that was made without KMS.
void add_unknown_copies(const Plan& plan,
                        const PlanSummary& summary,
                        std::vector<Finding>& findings) {
    std::vector<bool> lacks(plan.groups.size());
    for (const Job& job : plan.jobs) {
        if (copied_parts(plan, job.key).any() && !plan.contents.contains(job.key)) {
            lacks[plan.keys[job.key].group] = true;
        }
    }
    std::vector<std::string> groups;
    Finding finding{FindingSeverity::notice, "copies_not_known", "", "", 0, {}};
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
        const std::uint64_t created = summary.groups[g].actions.of(JobAction::create);
        if (lacks[g] && created > 0) {
            groups.push_back(plan.groups[g].name);
            finding.affected += created;
        }
    }
    if (groups.empty()) {
        return;
    }
    finding.text = fmt::format(
        "What is copied from the primaries for {} ({}) is not known yet, since KMS was "
        "not asked: nobody has looked at the policies that these replicas get.",
        counted(finding.affected, "replica", "replicas"),
        groups_text(groups));
    finding.advice =
        "Plan without --offline; a run reads it before it begins, and is another plan then.";
    findings.push_back(std::move(finding));
}

}  // namespace

void add_parameter_findings(const Plan& plan,
                            const PlanSummary& summary,
                            std::vector<Finding>& findings) {
    add_unknown_copies(plan, summary, findings);
    for (const Flaw& flaw : kFlaws) {
        Finding finding{flaw.severity, std::string(flaw.code), "", std::string(flaw.advice), 0, {}};
        std::vector<std::string> groups;
        for (std::size_t g = 0; g < plan.groups.size(); ++g) {
            // What is there already, and what cannot be made, is not made this way.
            const std::uint64_t created = summary.groups[g].actions.of(JobAction::create);
            if (created > 0 && flaw.applies(plan.groups[g].parameters)) {
                groups.push_back(plan.groups[g].name);
                finding.affected += created;
            }
        }
        if (groups.empty()) {
            continue;
        }
        finding.text = fmt::format("{}{} ({}){}",
                                   flaw.before,
                                   counted(finding.affected, "replica", "replicas"),
                                   groups_text(groups),
                                   flaw.behind);
        findings.push_back(std::move(finding));
    }
}

}  // namespace keyferry::planner
