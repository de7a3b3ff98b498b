// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_evaluation.hpp"

#include "tools/simulator/policy/policy_variables.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::simulator {

namespace {

/// How a statement names the caller: `session` by the ARN of a session, `caller` by the ARN of a
/// user or role or by "*", `account` by the account.
enum class PrincipalMatch : std::uint8_t { none, account, caller, session };

bool has_action(const StatementPatterns& actions, const std::string& action) {
    const bool is_listed =
        std::any_of(actions.patterns.begin(), actions.patterns.end(), [&](const auto& pattern) {
            return matches_wildcards(pattern, action, LetterCase::ignored);
        });
    return is_listed != actions.is_excluded;
}

bool has_resource(const StatementPatterns& resources, const PolicyRequest& request) {
    const auto matches = [&](const std::string& pattern) {
        if (!resources.has_variables) {
            return matches_wildcards(pattern, request.resource);
        }
        const auto filled = pattern_with_variables(pattern, request.context);
        return filled && filled->matches(request.resource);
    };
    const bool is_listed =
        std::any_of(resources.patterns.begin(), resources.patterns.end(), matches);
    return is_listed != resources.is_excluded;
}

bool applies(const PolicyStatement& statement,
             const PolicyRequest& request,
             const RequestContext& context) {
    return statement.resources && has_action(statement.actions, request.action) &&
           has_resource(*statement.resources, request) &&
           std::all_of(
               statement.conditions.begin(),
               statement.conditions.end(),
               [&](const PolicyCondition& condition) { return is_met(condition, context); });
}

/// Whether `principal` is the caller's account: its ID or the ARN of its root user.
bool is_account(const std::string& principal, const PolicyRequest& request) {
    if (principal == request.caller_account) {
        return true;
    }
    const std::string root = fmt::format(":iam::{}:root", request.caller_account);
    const bool is_root = principal.size() > root.size() &&
                         principal.compare(principal.size() - root.size(), root.size(), root) == 0;
    // The partition must also match, since "arn:aws-cn:iam::111122223333:root" is another account.
    const std::size_t partition_end = request.caller_arn.find(':', sizeof("arn:") - 1);
    return is_root &&
           principal.compare(0, partition_end, request.caller_arn, 0, partition_end) == 0;
}

PrincipalMatch match_of(const std::vector<std::string>& principals, const PolicyRequest& request) {
    PrincipalMatch best = PrincipalMatch::none;
    for (const std::string& principal : principals) {
        if (principal == request.principal_arn) {
            best = std::max(best, PrincipalMatch::caller);
        } else if (principal == request.caller_arn) {
            best = PrincipalMatch::session;
        } else if (is_account(principal, request)) {
            best = std::max(best, PrincipalMatch::account);
        }
    }
    return best;
}

/// Whether the NotPrincipal of a Deny exempts the caller. AWS looks for the account, then for the
/// user or role, then for the session: all of them must be listed (IAM User Guide, "NotPrincipal";
/// AWS Knowledge Center, "explicit-deny-principle-elements-s3").
bool is_exempt(const std::vector<std::string>& principals, const PolicyRequest& request) {
    const auto lists = [&](const std::string& arn) {
        return std::find(principals.begin(), principals.end(), arn) != principals.end();
    };
    const auto names_account = [&](const std::string& principal) {
        return is_account(principal, request);
    };
    const bool is_root = is_account(request.caller_arn, request);
    return std::any_of(principals.begin(), principals.end(), names_account) &&
           (is_root || (lists(request.principal_arn) && lists(request.caller_arn)));
}

PrincipalMatch match_of(const PolicyStatement& statement, const PolicyRequest& request) {
    if (!statement.principals) {
        return PrincipalMatch::none;
    }
    const StatementPrincipals& principals = *statement.principals;
    if (!principals.is_excluded) {
        return principals.is_everyone ? PrincipalMatch::caller : match_of(principals.aws, request);
    }
    const bool is_excluded =
        principals.is_everyone ||
        (statement.is_allow ? match_of(principals.aws, request) >= PrincipalMatch::caller
                            : is_exempt(principals.aws, request));
    return is_excluded ? PrincipalMatch::none : PrincipalMatch::caller;
}

}  // namespace

PolicyVerdict evaluate(const PolicyDocuments& documents, const PolicyRequest& request) {
    PolicyVerdict verdict = PolicyVerdict::not_allowed;
    for (const PolicyDocument& document : documents) {
        for (const PolicyStatement& statement : document.statements) {
            if (!applies(statement, request, request.context)) {
                continue;
            }
            if (!statement.is_allow) {
                return PolicyVerdict::denied;
            }
            verdict = PolicyVerdict::allowed;
        }
    }
    return verdict;
}

KeyPolicyVerdict evaluate_key_policy(const PolicyDocument& policy, const PolicyRequest& request) {
    const RequestContext context =
        request.context.without({"aws:resourcetag/", "kms:resourcealiases"});
    KeyPolicyVerdict verdict;
    for (const PolicyStatement& statement : policy.statements) {
        const PrincipalMatch match = match_of(statement, request);
        if (match == PrincipalMatch::none || !applies(statement, request, context)) {
            continue;
        }
        if (!statement.is_allow) {
            verdict.is_denied = true;
        } else if (match >= PrincipalMatch::caller) {
            verdict.is_allowed = true;
            verdict.is_allowed_to_session |= match == PrincipalMatch::session;
        } else {
            verdict.is_allowed_to_account = true;
        }
    }
    return verdict;
}

}  // namespace keyferry::simulator
