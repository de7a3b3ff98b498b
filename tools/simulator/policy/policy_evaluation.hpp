// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/policy_document.hpp"
#include "tools/simulator/policy/policy_identity.hpp"
#include "tools/simulator/policy/request_context.hpp"

#include <cstdint>
#include <string>

namespace keyferry::simulator {

/// The properties of a request that policies evaluate.
struct PolicyRequest {
    std::string action;          ///< "kms:ReplicateKey"
    std::string resource;        ///< an ARN, or "*" for operations without a resource
    std::string shown_resource;  ///< shown in the error message; empty: same as `resource`
    std::string caller_arn;      ///< PolicyIdentity::arn()
    std::string principal_arn;   ///< PolicyIdentity::principal_arn()
    std::string caller_account;  ///< 12 digits
    RequestContext context;      ///< the condition keys
};

enum class PolicyVerdict : std::uint8_t {
    allowed,
    not_allowed,  ///< no statement allows it (implicit deny)
    denied        ///< a statement denies it (explicit deny)
};

/// Evaluates identity-based policies or service control policies for a request.
[[nodiscard]] PolicyVerdict evaluate(const PolicyDocuments& documents,
                                     const PolicyRequest& request);

/// The result of evaluating a key policy, whose statements have principals.
struct KeyPolicyVerdict {
    bool is_denied = false;
    bool is_allowed = false;             ///< to the caller itself, its role, or everyone
    bool is_allowed_to_session = false;  ///< for the session's own ARN; implies is_allowed
    /// Whether the policy allows the call for the caller's account. The account's identity-based
    /// policies then decide.
    bool is_allowed_to_account = false;
};

/// Evaluates a key policy for a request. An account as principal represents all its identities: a
/// Deny applies to each of them, whereas an Allow delegates the decision to the account's IAM
/// policies, except for the root user. A Deny with NotPrincipal exempts an identity only if it also
/// names the account, and a session only if it names the account, the role and the session (IAM
/// User Guide, "NotPrincipal").
///
/// The condition keys aws:ResourceTag and kms:ResourceAliases are treated as missing, since they
/// apply only to IAM policies according to the KMS Developer Guide.
[[nodiscard]] KeyPolicyVerdict evaluate_key_policy(const PolicyDocument& policy,
                                                   const PolicyRequest& request);

}  // namespace keyferry::simulator
