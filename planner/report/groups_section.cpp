// SPDX-License-Identifier: Apache-2.0
#include "planner/report/groups_section.hpp"

#include "planner/summary/policy_digests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace keyferry::planner {

namespace {

using Align = TextTable::Align;

/// Names each policy by its SHA-256, so that it can be compared with a text that was approved.
void add_policies(ReportSection& section, const Plan& plan, std::size_t rows_max) {
    const std::vector<PolicyDigest> texts = policy_digests(plan);
    if (texts.empty()) {
        return;
    }
    ReportTable table{
        "Policies by group",
        {{"policy of group"}, {"sha256"}, {"bytes", Align::right}, {"keys", Align::right}},
        {},
        0};
    add_first_rows(table, texts.size(), rows_max, [&](std::size_t t) {
        const PolicyDigest& text = texts[t];
        return std::vector<std::string>{plan.groups[text.group].name,
                                        text.sha256,
                                        with_thousands(text.bytes),
                                        with_thousands(text.keys)};
    });
    section.blocks.emplace_back(std::move(table));
}

}  // namespace

ReportSection groups_section(const Plan& plan, const PlanSummary& summary, std::size_t rows_max) {
    ReportTable table{"Groups of keys",
                      {{"group"},
                       {"keys", Align::right},
                       {"replicas", Align::right},
                       {"policy"},
                       {"tags", Align::right},
                       {"description"},
                       {"aliases", Align::right}},
                      {},
                      0};
    const bool sets_enabled =
        std::any_of(plan.groups.begin(), plan.groups.end(), [](const PlannedGroup& group) {
            return group.parameters.enabled != EnabledSpec::yes;
        });
    if (sets_enabled) {
        table.columns.push_back({"enabled"});
    }
    add_first_rows(table, plan.groups.size(), rows_max, [&](std::size_t g) {
        const ReplicaParameters& parameters = plan.groups[g].parameters;
        std::string policy(policy_kind(parameters));
        if (parameters.policy) {
            policy += fmt::format(", {} bytes", with_thousands(parameters.policy->size()));
        }
        std::vector<std::string> row{
            plan.groups[g].name,
            with_thousands(summary.groups[g].keys),
            with_thousands(summary.groups[g].actions.total()),
            std::move(policy),
            parameters.copied.tags ? "copy" : std::to_string(parameters.tags.size()),
            parameters.copied.description ? "copy"
            : parameters.description      ? "yes"
                                          : "no",
            parameters.aliases.copied ? "copy"
                                      : std::to_string(parameters.aliases.templates.size())};
        if (sets_enabled) {
            row.emplace_back(name_of(parameters.enabled));
        }
        return row;
    });
    ReportSection section{"groups", "Groups", {}};
    section.blocks.emplace_back(std::move(table));
    add_policies(section, plan, rows_max);
    return section;
}

}  // namespace keyferry::planner
