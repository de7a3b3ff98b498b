// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/policy_evaluation.hpp"

#include "tools/simulator/policy/wildcards.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace keyferry::simulator {

namespace {

enum class PrincipalMatch : std::uint8_t { none, account, caller };

bool has_action(const StatementPatterns& actions, const std::string& action) {
    const bool is_listed =
        std::any_of(actions.patterns.begin(), actions.patterns.end(), [&](const auto& pattern) {
            return matches_wildcards(pattern, action, LetterCase::ignored);
        });
    return is_listed != actions.is_excluded;
}

bool has_resource(const StatementPatterns& resources, const PolicyRequest& request) {
    const auto matches = [&](const std::string& pattern) {
        const auto filled = without_variables(pattern, request.context);
        return filled && matches_wildcards(*filled, request.resource);
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

PrincipalMatch match_of(const std::string& principal, const PolicyRequest& request) {
    if (principal == request.caller_arn || principal == request.principal_arn) {
        return PrincipalMatch::caller;
    }
    if (principal == request.caller_account) {
        return PrincipalMatch::account;
    }
    const std::string root = fmt::format(":iam::{}:root", request.caller_account);
    const bool is_root = principal.size() > root.size() &&
                         principal.compare(principal.size() - root.size(), root.size(), root) == 0;
    // The partition must also match, since "arn:aws-cn:iam::111122223333:root" is another account.
    const std::size_t partition_end = request.caller_arn.find(':', sizeof("arn:") - 1);
    return is_root && principal.compare(0, partition_end, request.caller_arn, 0, partition_end) == 0
               ? PrincipalMatch::account
               : PrincipalMatch::none;
}

PrincipalMatch match_of(const StatementPrincipals& principals, const PolicyRequest& request) {
    if (principals.is_everyone) {
        return principals.is_excluded ? PrincipalMatch::none : PrincipalMatch::caller;
    }
    PrincipalMatch best = PrincipalMatch::none;
    for (const std::string& principal : principals.aws) {
        best = std::max(best, match_of(principal, request));
    }
    if (principals.is_excluded) {
        return best == PrincipalMatch::caller ? PrincipalMatch::none : PrincipalMatch::caller;
    }
    return best;
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
        const PrincipalMatch match =
            statement.principals ? match_of(*statement.principals, request) : PrincipalMatch::none;
        if (match == PrincipalMatch::none || !applies(statement, request, context)) {
            continue;
        }
        if (!statement.is_allow) {
            verdict.is_denied = true;
        } else if (match == PrincipalMatch::caller) {
            verdict.is_allowed = true;
        } else {
            verdict.is_allowed_to_account = true;
        }
    }
    return verdict;
}

}  // namespace keyferry::simulator
