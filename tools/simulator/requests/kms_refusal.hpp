// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// An error answer of KMS, word for word. Sources of the texts: answers of the real KMS as recorded
/// in public (LocalStack's snapshot tests, issue trackers) and the key-state table of the KMS
/// Developer Guide. Where no record was found, the comment at the text says so.
struct KmsRefusal {
    /// With the canonical wire name of `code_` and the status that KMS uses: 400 for every client
    /// error, 500 for KMSInternalException and 503 for DependencyTimeoutException (5xx by KMS's
    /// model, the exact values are not recorded).
    KmsRefusal(io::KmsErrorCode code_, std::string message_);
    /// For codes of which `code_` is not the canonical name, such as SerializationException.
    KmsRefusal(io::KmsErrorCode code_, std::string_view wire_code_, std::string message_);

    io::KmsErrorCode code;
    std::string wire_code;
    std::string message;  ///< may be empty: some of KMS's errors have none
    int http_status;
};

[[nodiscard]] KmsRefusal refusal_throttled();
[[nodiscard]] KmsRefusal refusal_internal();
/// The primary's Region cannot reach the replica's.
[[nodiscard]] KmsRefusal refusal_dependency_timeout();
/// The caller's policies do not allow `operation` ("ReplicateKey") on `resource`, an ARN or "*".
[[nodiscard]] KmsRefusal refusal_denied(const io::AccountRegion& place,
                                        std::string_view operation,
                                        std::string_view resource);
/// The same for a caller of whom more is known; `action` is "kms:ReplicateKey".
[[nodiscard]] KmsRefusal refusal_not_allowed(std::string_view caller_arn,
                                             std::string_view action,
                                             std::string_view resource);
/// A ReplicateKey for a Region that has a related key already.
[[nodiscard]] KmsRefusal refusal_replica_exists();
[[nodiscard]] KmsRefusal refusal_not_a_primary(std::string_view arn);
/// "Key '<arn>' does not exist"
[[nodiscard]] KmsRefusal refusal_no_such_key(std::string_view arn);
/// A key id or ARN that is none.
[[nodiscard]] KmsRefusal refusal_invalid_key_id(std::string_view text);
/// An ARN of another Region than the endpoint's: KMS says NotFoundException, "Invalid arn
/// <region>".
[[nodiscard]] KmsRefusal refusal_arn_of_other_region(std::string_view region);
[[nodiscard]] KmsRefusal refusal_key_quota(std::uint64_t quota, std::uint64_t in_use);
[[nodiscard]] KmsRefusal refusal_alias_quota(std::size_t quota);
/// An UpdateAlias from one key to another of a different type or usage.
[[nodiscard]] KmsRefusal refusal_alias_of_other_type();
/// The name of a key policy other than "default".
[[nodiscard]] KmsRefusal refusal_no_such_policy();
/// A body that is no JSON object or has a member of the wrong type.
[[nodiscard]] KmsRefusal refusal_serialization(std::string_view message);

}  // namespace keyferry::simulator
