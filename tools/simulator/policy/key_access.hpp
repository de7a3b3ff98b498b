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
    std::string_view account;  ///< account of the key, 12 digits
    bool is_granted = false;   ///< whether a grant allows the request
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
/// belongs to another account, an identity-based policy must allow the call, and in addition either
/// the key policy or a grant.
///
/// Returns nullopt if the call is allowed, otherwise AccessDeniedException with AWS's message (IAM
/// User Guide, "Troubleshoot access denied error messages").
[[nodiscard]] std::optional<KmsRefusal> check_key_access(const PolicyCaller& caller,
                                                         const PolicyRequest& request,
                                                         const KeyAccess& key);

/// The same for operations and resources without a key policy, such as CreateKey and aliases:
/// service control policies and identity-based policies must allow the call.
[[nodiscard]] std::optional<KmsRefusal> check_identity_access(const PolicyCaller& caller,
                                                              const PolicyRequest& request);

}  // namespace keyferry::simulator
