// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/policy_evaluation.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string_view>

namespace keyferry::simulator {

/// The key that a request acts on, as far as access is concerned.
struct KeyAccess {
    const PolicyDocument* policy;
    std::string_view account;            ///< the key's, 12 digits
    bool is_granted = false;             ///< whether a grant allows the request
    bool is_granted_to_session = false;  ///< whether the grantee is the session itself
};

/// A request with the parts of PolicyRequest that follow from the caller.
[[nodiscard]] PolicyRequest policy_request(const PolicyCaller& caller,
                                           std::string_view partition,
                                           std::string_view action,
                                           std::string_view resource);

/// Whether `caller` may call an operation on a key (KMS Developer Guide, "Determining access to AWS
/// KMS keys"; IAM User Guide, "Policy evaluation logic"). An explicit denial by any policy wins.
/// Service control policies must allow the call. In the key's account, one of these must allow it:
/// the key policy or a grant by itself, or an identity-based policy where the key policy leaves the
/// decision to the account. In another account, an identity-based policy and either the key policy
/// or a grant must allow it.
///
/// Session policies must allow it too, except what a key policy or grant allows to the ARN of the
/// session (IAM User Guide, "Session policies"). That grants count like key policies is an
/// assumption, as is that a session does not get more from Principal "*" than from its role.
///
/// Returns nullopt if the caller may, otherwise AccessDeniedException in AWS's words (IAM User
/// Guide, "Troubleshoot access denied error messages").
[[nodiscard]] std::optional<KmsRefusal> check_key_access(const PolicyCaller& caller,
                                                         const PolicyRequest& request,
                                                         const KeyAccess& key);

/// Whether a policy denies a call on a key that needs no permission by a policy, such as
/// RetireGrant by the retiring principal.
[[nodiscard]] std::optional<KmsRefusal> check_key_denials(const PolicyCaller& caller,
                                                          const PolicyRequest& request,
                                                          const KeyAccess& key);

/// The same as check_key_access() for operations and resources without a key policy, such as
/// CreateKey and aliases: service control policies, identity-based policies and session policies
/// must allow the call.
[[nodiscard]] std::optional<KmsRefusal> check_identity_access(const PolicyCaller& caller,
                                                              const PolicyRequest& request);

}  // namespace keyferry::simulator
