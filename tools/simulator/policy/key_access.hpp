// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/policy_evaluation.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string_view>

namespace keyferry::simulator {

/// The properties of a request's key that affect access.
struct KeyAccess {
    const PolicyDocument* policy;
    std::string_view account;            ///< the key's, 12 digits
    bool is_granted = false;             ///< whether a grant allows the request
    bool is_granted_to_session = false;  ///< whether the grantee is the session itself
};

/// Returns a request in which the members that depend on the caller are set.
[[nodiscard]] PolicyRequest policy_request(const PolicyCaller& caller,
                                           std::string_view partition,
                                           std::string_view action,
                                           std::string_view resource);

/// Checks whether `caller` may call an operation on a key (KMS Developer Guide, "Determining access
/// to AWS KMS keys"; IAM User Guide, "Policy evaluation logic"). An explicit deny in any policy
/// takes precedence. Service control policies must allow the call. If the caller belongs to the
/// key's account, it is enough that the key policy or a grant allows the call, or that an
/// identity-based policy allows it and the key policy delegates to the account. If the caller
/// belongs to another account, an identity-based policy must allow the call, and so must the key
/// policy or a grant.
///
/// Session policies must also allow the call, unless a key policy or grant allows it to the
/// session's own ARN (IAM User Guide, "Session policies"). Two rules are assumptions: grants are
/// treated like key policies, and Principal "*" gives a session no more access than its role.
///
/// Returns nullopt if the call is allowed, otherwise AccessDeniedException with AWS's message (IAM
/// User Guide, "Troubleshoot access denied error messages").
[[nodiscard]] std::optional<KmsRefusal> check_key_access(const PolicyCaller& caller,
                                                         const PolicyRequest& request,
                                                         const KeyAccess& key);

/// Returns an error if a policy denies a call on a key that requires no permission from a policy,
/// such as RetireGrant by the retiring principal.
[[nodiscard]] std::optional<KmsRefusal> check_key_denials(const PolicyCaller& caller,
                                                          const PolicyRequest& request,
                                                          const KeyAccess& key);

/// Like check_key_access(), but for operations and resources without a key policy, such as
/// CreateKey and aliases: service control policies, identity-based policies and session policies
/// must allow the call.
[[nodiscard]] std::optional<KmsRefusal> check_identity_access(const PolicyCaller& caller,
                                                              const PolicyRequest& request);

}  // namespace keyferry::simulator
