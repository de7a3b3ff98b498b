// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// The policy that KMS attaches when a request has none, byte for byte as KMS writes it: the
/// account's IAM policies decide. `partition` as in ARNs.
[[nodiscard]] std::string default_key_policy(std::string_view account, std::string_view partition);

/// KMS's rules on a key policy: at most 32,768 bytes (LimitExceededException; documented limit, the
/// service model allows more), a JSON policy document in which every statement has an Effect, a
/// Principal and an Action, and - unless `bypass_lockout_check` - one that lets a principal of
/// `account` call PutKeyPolicy again (MalformedPolicyDocumentException). The lockout check is
/// simple: conditions are not looked at.
[[nodiscard]] std::optional<KmsRefusal> check_key_policy(std::string_view policy,
                                                         std::string_view account,
                                                         bool bypass_lockout_check);

}  // namespace keyferry::simulator
