// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// The default key policy, byte for byte as KMS writes it. It delegates access control to the
/// account's IAM policies. KMS attaches it if a request contains no policy. `partition` is the ARN
/// partition.
[[nodiscard]] std::string default_key_policy(std::string_view account, std::string_view partition);

/// KMS's rules for a key policy:
///
/// - at most 32,768 bytes (LimitExceededException; documented limit, the service model allows more)
/// - a JSON policy document in which every statement has an Effect, a Principal and an Action
/// - unless `bypass_lockout_check` is set, a statement that allows a principal of `account` to call
///   PutKeyPolicy again
///
/// Violations of the last two result in MalformedPolicyDocumentException. The lockout check is
/// simplified: it ignores conditions.
[[nodiscard]] std::optional<KmsRefusal> check_key_policy(std::string_view policy,
                                                         std::string_view account,
                                                         bool bypass_lockout_check);

}  // namespace keyferry::simulator
