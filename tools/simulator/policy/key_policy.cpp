// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/key_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace keyferry::simulator {

namespace {

KmsRefusal malformed(std::string text) {
    return {io::KmsErrorCode::malformed_policy_document, std::move(text)};
}

bool is_of_partition(const std::string& principal, std::string_view partition) {
    return principal.compare(0, 4, "arn:") != 0 ||
           principal.compare(0, 4 + partition.size() + 1, fmt::format("arn:{}:", partition)) == 0;
}

}  // namespace

std::string default_key_policy(std::string_view account, std::string_view partition) {
    return fmt::format(R"({{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{}:iam::{}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}})",
                       partition,
                       account);
}

PolicyDocument default_key_policy_document(std::string_view account) {
    PolicyStatement statement;
    statement.is_allow = true;
    statement.principals.emplace().aws.emplace_back(account);
    statement.actions.patterns.emplace_back("kms:*");
    statement.resources.emplace().patterns.emplace_back("*");
    PolicyDocument document;
    document.statements.push_back(std::move(statement));
    return document;
}

KmsRefusal refusal_invalid_principal() {
    return malformed("Policy contains a statement with one or more invalid principals.");
}

std::variant<PolicyDocument, KmsRefusal> parse_key_policy(std::string_view policy,
                                                          std::string_view partition) {
    if (policy.size() > kKeyPolicyBytesMax) {
        return KmsRefusal(
            io::KmsErrorCode::limit_exceeded,
            fmt::format("The key policy is longer than {} bytes.", kKeyPolicyBytesMax));
    }
    auto document = parse_policy(policy, PolicyKind::key);
    if (!document) {
        return malformed(document.error().text);
    }
    for (const PolicyStatement& statement : document->statements) {
        const std::vector<std::string>& principals = statement.principals->aws;
        if (!std::all_of(principals.begin(), principals.end(), [&](const std::string& each) {
                return is_of_partition(each, partition);
            })) {
            return refusal_invalid_principal();
        }
    }
    return *std::move(document);
}

std::optional<KmsRefusal> check_lockout(const PolicyDocument& policy,
                                        const PolicyCaller& caller,
                                        const PolicyRequest& put_key_policy,
                                        std::string_view account) {
    if (!check_key_access(caller, put_key_policy, KeyAccess{&policy, account})) {
        return std::nullopt;
    }
    return malformed(
        "The new key policy will not allow you to update the key policy in the future.");
}

}  // namespace keyferry::simulator
