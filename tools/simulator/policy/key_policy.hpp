// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/policy/key_access.hpp"
#include "tools/simulator/policy/policy_document.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace keyferry::simulator {

/// Returns the default key policy, byte for byte as in KMS. It delegates access control to the
/// account's IAM policies. KMS attaches it if a request contains no policy. `partition` is the ARN
/// partition.
[[nodiscard]] std::string default_key_policy(std::string_view account, std::string_view partition);

/// Returns the parsed default key policy.
[[nodiscard]] PolicyDocument default_key_policy_document(std::string_view account);

/// Parses the policy of a new key, or returns KMS's refusal:
///
/// - LimitExceededException if it is larger than kKeyPolicyBytesMax
/// - MalformedPolicyDocumentException if parse_policy() fails or if a principal's ARN is in a
///   partition other than `partition`
[[nodiscard]] std::variant<PolicyDocument, KmsRefusal> parse_key_policy(std::string_view policy,
                                                                        std::string_view partition);

/// The error for a policy with a principal that does not exist.
[[nodiscard]] KmsRefusal refusal_invalid_principal();

/// The lock-out check of CreateKey, ReplicateKey and PutKeyPolicy: under `policy`, the caller must
/// be able to call PutKeyPolicy (KMS API reference, "BypassPolicyLockoutSafetyCheck").
/// `put_key_policy` is the PutKeyPolicy request for the key that receives the policy, and `account`
/// is the account of the key.
[[nodiscard]] std::optional<KmsRefusal> check_lockout(const PolicyDocument& policy,
                                                      const PolicyCaller& caller,
                                                      const PolicyRequest& put_key_policy,
                                                      std::string_view account);

}  // namespace keyferry::simulator
