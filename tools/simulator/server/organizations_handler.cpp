// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/organizations_handler.hpp"

#include "tools/simulator/values/json_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

namespace {

constexpr std::array<std::string_view, 6> kOperations{"DescribeOrganization",
                                                      "ListAccounts",
                                                      "ListRoots",
                                                      "ListOrganizationalUnitsForParent",
                                                      "ListAccountsForParent",
                                                      "ListTagsForResource"};

/// Returns the ARN of an organization's account, unit or root. AWS's API model allows only the
/// partition "aws" here.
std::string arn(const Organization& organization, std::string_view kind, std::string_view id) {
    return fmt::format("arn:aws:organizations::{}:{}/{}/{}",
                       organization.management_account.digits(),
                       kind,
                       organization.id,
                       id);
}

/// AccountStatus, the predecessor of AccountState, has no value for new and closed accounts.
std::string_view status_of(const OrganizationAccount& account) {
    return account.state == "PENDING_ACTIVATION" ? "ACTIVE"
           : account.state == "CLOSED"           ? "SUSPENDED"
                                                 : std::string_view(account.state);
}

// The exact messages are known only for the first two of the following errors.
JsonServiceError not_in_use() {
    return {"AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
            ""};
}

JsonServiceError denied() {
    return {"AccessDeniedException", "You don't have permissions to access this resource.", ""};
}

JsonServiceError no_such_parent() {
    return {"ParentNotFoundException", "You specified a parent that doesn't exist.", ""};
}

JsonServiceError invalid_input(std::string_view reason) {
    return {"InvalidInputException",
            "You provided a value that does not match the required pattern.",
            std::string(reason)};
}

}  // namespace

JsonServiceResult OrganizationsHandler::serve(const JsonCall& call) {
    const bool is_known =
        std::find(kOperations.begin(), kOperations.end(), call.operation) != kOperations.end();
    if (!is_known) {
        return JsonServiceError{"UnknownOperationException", "", ""};
    }
    if (!organization_) {
        return not_in_use();
    }
    SlidingCount& calls =
        calls_[{std::string(call.place.account.digits()), std::string(call.operation)}];
    if (calls.count(call.time.now) >= organization_->requests_per_second_max) {
        return JsonServiceError{"TooManyRequestsException",
                                "AWS Organizations can't complete your request because another "
                                "request is already in progress. Try again later.",
                                ""};
    }
    calls.add(call.time.now, 1);
    if (call.operation == "DescribeOrganization") {
        const bool is_member = std::any_of(
            organization_->accounts.begin(),
            organization_->accounts.end(),
            [&](const OrganizationAccount& each) { return each.id == call.place.account; });
        return is_member ? describe() : JsonServiceResult(not_in_use());
    }
    if (!organization_->may_list(call.place.account)) {
        return denied();
    }
    if (call.operation == "ListAccounts") {
        return list_accounts(call, std::nullopt);
    }
    if (call.operation == "ListRoots") {
        return list_roots();
    }
    if (call.operation == "ListTagsForResource") {
        return list_tags(call);
    }
    const std::string_view parent = call.text("ParentId");
    if (!organization_->has_parent(parent)) {
        return parent.empty() ? invalid_input("INPUT_REQUIRED") : no_such_parent();
    }
    return call.operation == "ListAccountsForParent" ? list_accounts(call, parent)
                                                     : list_units(call);
}

JsonServiceResult OrganizationsHandler::describe() const {
    const Organization& organization = *organization_;
    const std::string management(organization.management_account.digits());
    const auto account = std::find_if(
        organization.accounts.begin(), organization.accounts.end(), [&](const auto& each) {
            return each.id == organization.management_account;
        });
    std::string body;
    ObjectText outer(body);
    ObjectText object(outer.member("Organization"));
    object.text("Id", std::string_view(organization.id));
    object.text("Arn",
                std::string_view(fmt::format(
                    "arn:aws:organizations::{}:organization/{}", management, organization.id)));
    object.text("FeatureSet", std::string_view("ALL"));
    object.text("MasterAccountArn", std::string_view(arn(organization, "account", management)));
    object.text("MasterAccountId", std::string_view(management));
    object.text("MasterAccountEmail", std::string_view(account->email));
    object.member("AvailablePolicyTypes") += "[]";
    object.close();
    outer.close();
    return body;
}

template <typename Item, typename Append>
JsonServiceResult OrganizationsHandler::list(const JsonCall& call,
                                             std::string_view member,
                                             const std::vector<const Item*>& items,
                                             Append append) const {
    const std::int64_t asked =
        call.number("MaxResults").value_or(static_cast<std::int64_t>(organization_->page_size));
    if (asked < 1 || asked > 20) {
        return invalid_input(asked < 1 ? "MIN_VALUE_EXCEEDED" : "MAX_VALUE_EXCEEDED");
    }
    JsonPageRule rule;
    rule.items = items.size();
    rule.page_size = std::min(static_cast<std::size_t>(asked), organization_->page_size);
    rule.has_empty_pages = organization_->has_empty_pages;
    const std::optional<JsonPage> page = page_at(call.text("NextToken"), rule);
    if (!page) {
        return invalid_input("INVALID_NEXT_TOKEN");
    }
    const std::vector<const Item*> shown(items.begin() + static_cast<std::ptrdiff_t>(page->begin),
                                         items.begin() + static_cast<std::ptrdiff_t>(page->end));
    std::string body;
    ObjectText object(body);
    object.list(member, shown, [&](const Item* item, std::string& json) {
        ObjectText each(json);
        append(*item, each);
        each.close();
    });
    if (!page->next_token.empty()) {
        object.text("NextToken", std::string_view(page->next_token));
    }
    object.close();
    return body;
}

JsonServiceResult OrganizationsHandler::list_accounts(
    const JsonCall& call, std::optional<std::string_view> parent) const {
    std::vector<const OrganizationAccount*> found;
    for (const OrganizationAccount& account : organization_->accounts) {
        if (!parent || account.parent == *parent) {
            found.push_back(&account);
        }
    }
    constexpr double kJoinedAtS = 1'700'000'000;  // the same for all accounts
    return list(call, "Accounts", found, [&](const OrganizationAccount& account, ObjectText& each) {
        each.text("Id", std::string_view(account.id.digits()));
        each.text("Arn", std::string_view(arn(*organization_, "account", account.id.digits())));
        each.text("Email", std::string_view(account.email));
        each.text("Name", std::string_view(account.name));
        each.text("Status", status_of(account));
        each.text("State", std::string_view(account.state));
        each.list("Paths", std::vector<std::string>{account.path}, io::append_json_string);
        each.text("JoinedMethod", std::string_view("CREATED"));
        each.date("JoinedTimestamp", kJoinedAtS);
    });
}

JsonServiceResult OrganizationsHandler::list_units(const JsonCall& call) const {
    std::vector<const OrganizationUnit*> found;
    for (const OrganizationUnit& unit : organization_->units) {
        if (unit.parent == call.text("ParentId")) {
            found.push_back(&unit);
        }
    }
    return list(
        call, "OrganizationalUnits", found, [&](const OrganizationUnit& unit, ObjectText& each) {
            each.text("Id", std::string_view(unit.id));
            each.text("Arn", std::string_view(arn(*organization_, "ou", unit.id)));
            each.text("Name", std::string_view(unit.name));
            each.text("Path", std::string_view(unit.path));
        });
}

JsonServiceResult OrganizationsHandler::list_roots() const {
    std::string body;
    ObjectText object(body);
    object.list("Roots",
                std::vector<std::string>{organization_->root_id},
                [&](const std::string& id, std::string& json) {
                    ObjectText root(json);
                    root.text("Id", std::string_view(id));
                    root.text("Arn", std::string_view(arn(*organization_, "root", id)));
                    root.text("Name", std::string_view("Root"));
                    root.member("PolicyTypes") += "[]";
                    root.close();
                });
    object.close();
    return body;
}

JsonServiceResult OrganizationsHandler::list_tags(const JsonCall& call) const {
    const std::string_view id = call.text("ResourceId");
    static const std::map<std::string, std::string> kNone;
    const auto account = std::find_if(organization_->accounts.begin(),
                                      organization_->accounts.end(),
                                      [&](const auto& each) { return each.id.digits() == id; });
    if (account == organization_->accounts.end() && !organization_->has_parent(id)) {
        return JsonServiceError{
            "TargetNotFoundException", "You specified a target that doesn't exist.", ""};
    }
    std::string body;
    ObjectText object(body);
    object.list("Tags",
                account == organization_->accounts.end() ? kNone : account->tags,
                [](const auto& tag, std::string& json) {
                    ObjectText each(json);
                    each.text("Key", std::string_view(tag.first));
                    each.text("Value", std::string_view(tag.second));
                    each.close();
                });
    object.close();
    return body;
}

}  // namespace keyferry::simulator
