// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/model/authorization_request.hpp"
#include "tools/simulator/model/grant_table.hpp"
#include "tools/simulator/policy/policy_evaluation.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"

#include <optional>
#include <string_view>

// What grants permit (KMS Developer Guide, "Grants in AWS KMS"; KMS API Reference, CreateGrant and
// GrantConstraints).

namespace keyferry::simulator {

/// Whether the grant allows a request, whose action must be one of the grant's operations. The
/// caller must be the grantee or a session of the grantee. Encryption context constraints apply to
/// operations with an encryption context, and SourceArn applies to all operations. A grant that
/// allows CreateGrant allows it only for the grant's own operations and with constraints that are
/// at least as strict.
[[nodiscard]] bool allows(const Grant& grant,
                          const PolicyRequest& request,
                          const AuthorizationRequest& authorization);

/// Whether the caller of `request` may retire the grant if no policy denies it. The retiring
/// principal may, and so may the grantee if RetireGrant is one of the grant's operations.
[[nodiscard]] bool may_retire(const Grant& grant, const PolicyRequest& request);

/// Whether everything that `child` permits is permitted by `parent`.
[[nodiscard]] bool is_as_strict(const GrantConstraints& child, const GrantConstraints& parent);

/// Whether a key supports a grant operation ("Decrypt", ...). All keys support operations such as
/// DescribeKey.
[[nodiscard]] bool supports_grant_operation(std::string_view operation,
                                            KeyUsage usage,
                                            bool is_symmetric);

/// KMS rejects grants for operations that the key does not support, and grants with encryption
/// context constraints unless the key is a symmetric encryption key. The error code is documented;
/// the messages are assumptions.
[[nodiscard]] std::optional<KmsRefusal> check_grant_for_key(const CreateGrantRequest& request,
                                                            KeyUsage usage,
                                                            bool is_symmetric);

}  // namespace keyferry::simulator
