// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/policy/key_access.hpp"

#include <fmt/format.h>

#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kIdentity = "an identity-based policy";
constexpr std::string_view kResource = "a resource-based policy";
constexpr std::string_view kServiceControl = "a service control policy";
constexpr std::string_view kSessionPolicy = "a session policy";

KmsRefusal denied(const PolicyRequest& request, std::string_view why) {
    return {io::KmsErrorCode::access_denied,
            fmt::format("User: {} is not authorized to perform: {} on resource: {} {}",
                        request.caller_arn,
                        request.action,
                        request.shown_resource.empty() ? request.resource : request.shown_resource,
                        why)};
}

KmsRefusal denied_by(const PolicyRequest& request, std::string_view policy) {
    return denied(request, fmt::format("with an explicit deny in {}", policy));
}

KmsRefusal no_policy_allows(const PolicyRequest& request, std::string_view type) {
    return denied(request,
                  fmt::format("because no {} policy allows the {} action", type, request.action));
}

/// KMS does not tell callers from other accounts whether a key exists. This is its exact message.
KmsRefusal not_shared(const PolicyRequest& request) {
    return denied(request,
                  "because the resource does not exist in this Region, no resource-based policies "
                  "allow access, or a resource-based policy explicitly denies access");
}

PolicyVerdict identity_verdict(const PolicyIdentity& identity, const PolicyRequest& request) {
    // Identity-based policies cannot be attached to root users.
    return identity.policies == nullptr || identity.is_root()
               ? PolicyVerdict::allowed
               : evaluate(*identity.policies, request);
}

/// The results of evaluating the caller's policies.
struct CallerVerdicts {
    PolicyVerdict identity;
    PolicyVerdict session;  ///< allowed if there are no session policies
};

CallerVerdicts verdicts_on(const PolicyIdentity& identity, const PolicyRequest& request) {
    return {identity_verdict(identity, request),
            identity.session_policies == nullptr ? PolicyVerdict::allowed
                                                 : evaluate(*identity.session_policies, request)};
}

/// Checks for denials that no other policy can override.
std::optional<KmsRefusal> check_denials(const PolicyCaller& caller,
                                        const PolicyRequest& request,
                                        const CallerVerdicts& verdicts) {
    if (caller.service_control_policies != nullptr) {
        const PolicyVerdict verdict = evaluate(*caller.service_control_policies, request);
        if (verdict == PolicyVerdict::denied) {
            return denied_by(request, kServiceControl);
        }
        if (verdict == PolicyVerdict::not_allowed) {
            return no_policy_allows(request, "service control");
        }
    }
    if (verdicts.identity == PolicyVerdict::denied) {
        return denied_by(request, kIdentity);
    }
    if (verdicts.session == PolicyVerdict::denied) {
        return denied_by(request, kSessionPolicy);
    }
    return std::nullopt;
}

/// Denies a request that the session policies do not allow, even if other policies allow it.
std::optional<KmsRefusal> check_session(const PolicyRequest& request,
                                        const CallerVerdicts& verdicts) {
    return verdicts.session == PolicyVerdict::allowed
               ? std::nullopt
               : std::optional(no_policy_allows(request, "session"));
}

std::optional<KmsRefusal> denied_by_key(const PolicyRequest& request, const KeyAccess& key) {
    return request.caller_account == key.account ? denied_by(request, kResource)
                                                 : not_shared(request);
}

}  // namespace

PolicyRequest policy_request(const PolicyCaller& caller,
                             std::string_view partition,
                             std::string_view action,
                             std::string_view resource) {
    const PolicyIdentity& identity = *caller.identity;
    PolicyRequest request;
    request.action = action;
    request.resource = resource;
    request.caller_arn = identity.arn(partition);
    request.principal_arn = identity.principal_arn(partition);
    request.caller_account = identity.account.digits();
    RequestContext& context = request.context;
    context.add("aws:PrincipalArn", request.principal_arn);
    context.add("aws:PrincipalAccount", request.caller_account);
    context.add("kms:CallerAccount", request.caller_account);
    context.add("aws:PrincipalIsAWSService", "false");
    context.add("aws:ViaAWSService", "false");
    context.add("aws:SecureTransport", "true");  // real endpoints require TLS
    if (identity.is_session()) {
        context.add("aws:PrincipalType", "AssumedRole");
    } else if (identity.is_root()) {
        context.add("aws:PrincipalType", "Account");
    } else {
        context.add("aws:PrincipalType", "User");
        context.add("aws:username", identity.name.substr(identity.name.rfind('/') + 1));
    }
    for (const auto& [key, value] : identity.context) {
        context.fix(key, value);
    }
    return request;
}

std::optional<KmsRefusal> check_key_access(const PolicyCaller& caller,
                                           const PolicyRequest& request,
                                           const KeyAccess& key) {
    const CallerVerdicts verdicts = verdicts_on(*caller.identity, request);
    if (auto refusal = check_denials(caller, request, verdicts)) {
        return refusal;
    }
    const KeyPolicyVerdict by_key = evaluate_key_policy(*key.policy, request);
    if (by_key.is_denied) {
        return denied_by_key(request, key);
    }
    const bool is_identity_allowed = verdicts.identity == PolicyVerdict::allowed;
    if (request.caller_account != key.account) {
        if (!by_key.is_allowed && !by_key.is_allowed_to_account && !key.is_granted) {
            return not_shared(request);
        }
        return is_identity_allowed ? check_session(request, verdicts)
                                   : std::optional(no_policy_allows(request, "identity-based"));
    }
    if (by_key.is_allowed_to_session || key.is_granted_to_session) {
        return std::nullopt;
    }
    if (by_key.is_allowed || key.is_granted ||
        (by_key.is_allowed_to_account && is_identity_allowed)) {
        return check_session(request, verdicts);
    }
    return no_policy_allows(request,
                            by_key.is_allowed_to_account ? "identity-based" : "resource-based");
}

std::optional<KmsRefusal> check_key_denials(const PolicyCaller& caller,
                                            const PolicyRequest& request,
                                            const KeyAccess& key) {
    if (auto refusal = check_denials(caller, request, verdicts_on(*caller.identity, request))) {
        return refusal;
    }
    return evaluate_key_policy(*key.policy, request).is_denied ? denied_by_key(request, key)
                                                               : std::nullopt;
}

std::optional<KmsRefusal> check_identity_access(const PolicyCaller& caller,
                                                const PolicyRequest& request) {
    const CallerVerdicts verdicts = verdicts_on(*caller.identity, request);
    if (auto refusal = check_denials(caller, request, verdicts)) {
        return refusal;
    }
    return verdicts.identity == PolicyVerdict::allowed
               ? check_session(request, verdicts)
               : std::optional(no_policy_allows(request, "identity-based"));
}

}  // namespace keyferry::simulator
