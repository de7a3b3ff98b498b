// SPDX-License-Identifier: Apache-2.0
#include "planner/summary/permissions.hpp"

#include "io/names/in_quotes.hpp"
#include "planner/text/text_table.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keyferry::cli {

namespace {

struct PermissionsOptions {
    std::string fleet;
    std::string account;
    std::string format = "json";
    bool drift = false;
    bool sync = false;
};

constexpr const char* kPermissionsFooter = R"(Examples:
  keyferry permissions fleet.toml > policy.json
      Print the minimal IAM policy for plan and run, without AWS calls.
  keyferry permissions fleet.toml --account 111122223333 --format text
      Also list what the organization's service control policies must not deny.

A managed policy is limited to 6,144 characters. If that is not enough, the output is a JSON array
of policies; attach all of them. Key policies must allow the same actions or delegate to IAM.

Exit codes: 0 done; 3 invalid spec or account.)";

/// Returns the permissions for the account `text` or, if it is empty, for the only account. Throws
/// CommandError if there is no such account.
const planner::AccountPermissions& permissions_for(
    const std::string& text, const std::vector<planner::AccountPermissions>& accounts) {
    if (text.empty() && accounts.size() == 1) {
        return accounts.front();
    }
    if (text.empty()) {
        std::string names;
        for (const planner::AccountPermissions& each : accounts) {
            names += (names.empty() ? "" : ", ") + each.account.digits();
        }
        throw CommandError(exit_usage,
                           fmt::format("the fleet has {}; choose one with --account: {}",
                                       planner::counted(accounts.size(), "account"),
                                       names));
    }
    const io::Parsed<io::AccountId> account = io::AccountId::parse(text);
    if (!account) {
        throw CommandError(exit_usage, account.error().text);
    }
    const auto found = std::find_if(
        accounts.begin(), accounts.end(), [&](const planner::AccountPermissions& each) {
            return each.account == *account;
        });
    if (found == accounts.end()) {
        throw CommandError(exit_usage,
                           fmt::format("the fleet has no keys in account {}", io::in_quotes(text)));
    }
    return *found;
}

std::string policies_json(const std::vector<std::string>& policies) {
    if (policies.size() == 1) {
        return policies.front();
    }
    log_message(fmt::format("a managed policy is limited to {} characters: attach all {} policies",
                            planner::kIamPolicyCharactersMax,
                            policies.size()));
    std::string json = "[\n";
    for (const std::string& policy : policies) {
        json += (json.size() > 2 ? ",\n" : "") + policy.substr(0, policy.size() - 1);
    }
    return json + "\n]\n";
}

std::string policies_text(const planner::AccountPermissions& permissions) {
    const std::vector<std::string>& policies = permissions.policies;
    std::string text;
    for (std::size_t p = 0; p < policies.size(); ++p) {
        text += fmt::format("IAM policy {} of {} for account {}, {} of {} characters\n\n{}\n",
                            p + 1,
                            policies.size(),
                            permissions.account.digits(),
                            planner::iam_characters(policies[p]),
                            planner::kIamPolicyCharactersMax,
                            policies[p]);
    }
    text += "Service control policies to check manually\n";
    for (const std::string& line : permissions.scp_checklist) {
        text += "  [ ] " + line + "\n";
    }
    return text;
}

int print_permissions(const PermissionsOptions& options) {
    const planner::Plan plan = plan_without_search(read_fleet_file(options.fleet));
    const std::vector<planner::AccountPermissions> accounts =
        planner::permissions_of(plan,
                                options.sync    ? planner::PermittedWork::sync
                                : options.drift ? planner::PermittedWork::drift
                                                : planner::PermittedWork::plan_and_run);
    const planner::AccountPermissions& permissions = permissions_for(options.account, accounts);
    write_stdout(options.format == "json" ? policies_json(permissions.policies)
                                          : policies_text(permissions));
    return exit_done;
}

}  // namespace

void add_permissions_command(Command& parent) {
    auto options = std::make_shared<PermissionsOptions>();
    Command command = parent.command("permissions", "Print the minimal IAM policy for a fleet");
    command.footer(kPermissionsFooter);
    command.argument("FLEET", options->fleet, "Fleet spec, a TOML file");
    command.flag("--drift", options->drift, "Include the permissions that 'plan --drift' needs");
    command.flag(
        "--sync", options->sync, "Include the permissions that 'sync' and 'sync --undo' need");
    command.option("--account",
                   options->account,
                   "Account to print the policy for; required if the fleet has several accounts");
    command.option("--format", options->format, "Output format")
        .one_of({"json", "text"})
        .show_default();
    command.on_run([options] { return print_permissions(*options); });
}

}  // namespace keyferry::cli
