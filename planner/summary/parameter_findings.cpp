// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/finding.hpp"
#include "planner/summary/plan_summary.hpp"
#include "planner/summary/plan_wording.hpp"
#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <array>

namespace keyferry::planner {

namespace {

/// A check of a group's parameters, and the finding it reports.
struct ParameterCheck {
    bool (*applies)(const ReplicaParameters&);
    FindingSeverity severity;
    std::string_view code;
    // The finding's text is `before`, the number of replicas with their groups, and `after`.
    std::string_view before;
    std::string_view after;
    std::string_view advice;
};

constexpr std::array kParameterChecks{
    ParameterCheck{
        [](const ReplicaParameters& parameters) {
            return !parameters.policy && !parameters.copied.policy;
        },
        FindingSeverity::warning,
        "default_policy",
        "KMS's default key policy is used for ",
        ", as the spec requests. KMS does not copy the key policy from the primary, so principals "
        "that can use the primary may be unable to use its replicas.",
        "Copy the primary's policy (policy = \"copy\"), write a policy in the spec with {region} "
        "and {account} in place of the primary's, or make sure that IAM policies alone control "
        "access to these keys."},
    ParameterCheck{
        [](const ReplicaParameters& parameters) {
            return parameters.bypass_policy_lockout_safety_check.value_or(false);
        },
        FindingSeverity::warning,
        "policy_check_bypassed",
        "The policy lockout safety check is bypassed for ",
        ": an error in the key policy can create keys that no principal can manage.",
        "Bypass the check only if the principal that runs keyferry must not be able to change "
        "the key policy later."},
    ParameterCheck{
        [](const ReplicaParameters& parameters) {
            return parameters.tags.empty() && !parameters.copied.tags;
        },
        FindingSeverity::warning,
        "no_tags",
        "No tags are set for ",
        ". KMS does not copy tags from the primary, so access rules and cost reports based on "
        "tags will miss these replicas.",
        "Add tags = \"copy\" or tags = { ... } to the group; ReplicateKey sets them."},
    ParameterCheck{[](const ReplicaParameters& parameters) {
                       return !parameters.description.has_value() && !parameters.copied.description;
                   },
                   FindingSeverity::notice,
                   "no_description",
                   "No description is set for ",
                   ". KMS does not copy the description from the primary.",
                   "Add description = \"copy\" or your own text to the group."},
    ParameterCheck{
        [](const ReplicaParameters& parameters) { return !parameters.aliases.any(); },
        FindingSeverity::notice,
        "no_aliases",
        "No aliases are set for ",
        ". KMS does not copy aliases from the primary.",
        "If applications refer to keys by alias, add aliases = \"copy\" or a list of names to the "
        "group; keyferry sync creates them."},
    ParameterCheck{
        [](const ReplicaParameters& parameters) { return parameters.aliases.any(); },
        FindingSeverity::notice,
        "aliases_by_sync",
        "Aliases for ",
        " are not created by keyferry run, because ReplicateKey does not accept aliases.",
        "Run keyferry sync after the run to create them."},
    ParameterCheck{
        [](const ReplicaParameters& parameters) { return parameters.enabled == EnabledSpec::no; },
        FindingSeverity::notice,
        "disabled_by_sync",
        "KMS creates replicas Enabled, but the spec requires them to be Disabled: ",
        ".",
        "Run keyferry sync after the run to disable them. Until then, keyferry reports them as "
        "unusable, because they are not in the required state."},
};

/// Reports copied values that are unknown because the plan was created offline.
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
        "The values copied from the primaries for {} ({}) are not known yet, because KMS was not "
        "queried. The policies of these replicas have not been checked.",
        counted(finding.affected, "replica"),
        groups_text(groups));
    finding.advice =
        "Plan without --offline. A run reads these values before it starts, which changes the "
        "plan's sha256.";
    findings.push_back(std::move(finding));
}

}  // namespace

void add_parameter_findings(const Plan& plan,
                            const PlanSummary& summary,
                            std::vector<Finding>& findings) {
    add_unknown_copies(plan, summary, findings);
    for (const ParameterCheck& check : kParameterChecks) {
        Finding finding{
            check.severity, std::string(check.code), "", std::string(check.advice), 0, {}};
        std::vector<std::string> groups;
        for (std::size_t g = 0; g < plan.groups.size(); ++g) {
            // Only replicas that the run creates get these parameters.
            const std::uint64_t created = summary.groups[g].actions.of(JobAction::create);
            if (created > 0 && check.applies(plan.groups[g].parameters)) {
                groups.push_back(plan.groups[g].name);
                finding.affected += created;
            }
        }
        if (groups.empty()) {
            continue;
        }
        finding.text = fmt::format("{}{} ({}){}",
                                   check.before,
                                   counted(finding.affected, "replica"),
                                   groups_text(groups),
                                   check.after);
        findings.push_back(std::move(finding));
    }
}

}  // namespace keyferry::planner
