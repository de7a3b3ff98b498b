// SPDX-License-Identifier: Apache-2.0
#include "planner/report/permissions_section.hpp"

#include "planner/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace keyferry::planner {

namespace {

void add_account(ReportSection& section, const AccountPermissions& permissions) {
    const std::vector<std::string>& policies = permissions.policies;
    for (std::size_t p = 0; p < policies.size(); ++p) {
        section.blocks.emplace_back(ReportCode{
            fmt::format(
                "IAM policy{} for account {}: {} of {} characters",
                policies.size() == 1 ? "" : fmt::format(" {} of {}", p + 1, policies.size()),
                permissions.account.digits(),
                with_thousands(iam_characters(policies[p])),
                with_thousands(kIamPolicyCharactersMax)),
            "json",
            policies[p]});
    }
    section.blocks.emplace_back(ReportChecklist{
        fmt::format("Service control policies that apply to account {} (check manually):",
                    permissions.account.digits()),
        permissions.scp_checklist});
}

}  // namespace

ReportSection permissions_section(const std::vector<AccountPermissions>& accounts,
                                  std::size_t accounts_max) {
    ReportSection section{"permissions", "Permissions (least privilege for plan and run)", {}};
    const bool is_split = std::any_of(accounts.begin(), accounts.end(), [](const auto& each) {
        return each.policies.size() > 1;
    });
    section.blocks.emplace_back(ReportProse{fmt::format(
        "Attach these policies to the principal that runs keyferry{}. Planning needs only the "
        "statements whose Sid begins with Read. IAM policies take effect only where the key policy "
        "delegates access control to IAM, as KMS's default key policy does.",
        is_split ? "; an account with several policies needs all of them" : "")});
    for (std::size_t a = 0; a < std::min(accounts.size(), accounts_max); ++a) {
        add_account(section, accounts[a]);
    }
    if (accounts.size() > accounts_max) {
        section.blocks.emplace_back(ReportProse{
            fmt::format("... and {}, in the JSON report. keyferry permissions --account shows one "
                        "account.",
                        counted(accounts.size() - accounts_max, "more account"))});
    }
    return section;
}

}  // namespace keyferry::planner
