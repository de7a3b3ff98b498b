// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/account_region.hpp"
#include "io/names/kms_error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyferry::simulator {

/// A KMS error response with its exact message. The messages are from published KMS responses
/// (LocalStack's snapshot tests, issue trackers) and from the key state table in the KMS Developer
/// Guide. If no published response was found, a comment next to the message says so.
struct KmsRefusal {
    /// Uses the canonical wire name of `code_` and KMS's HTTP status: 400 for every client error,
    /// 500 for KMSInternalException and 503 for DependencyTimeoutException (the KMS service model
    /// says 5xx; the exact values are unknown).
    KmsRefusal(io::KmsErrorCode code_, std::string message_);
    /// For wire codes that differ from the canonical name of `code_`, such as
    /// SerializationException.
    KmsRefusal(io::KmsErrorCode code_, std::string_view wire_code_, std::string message_);

    io::KmsErrorCode code;
    std::string wire_code;
    std::string message;  ///< may be empty: some KMS errors have no message
    int http_status;
};

[[nodiscard]] KmsRefusal refusal_throttled();
[[nodiscard]] KmsRefusal refusal_internal();
/// The error if the primary's Region cannot reach the replica's Region.
[[nodiscard]] KmsRefusal refusal_dependency_timeout();
/// The error if the caller's policies do not allow `operation` ("ReplicateKey") on `resource`,
/// which is an ARN or "*".
[[nodiscard]] KmsRefusal refusal_denied(const io::AccountRegion& place,
                                        std::string_view operation,
                                        std::string_view resource);
/// Like refusal_denied(), but for a caller with a known ARN. `action` is a name such as
/// "kms:ReplicateKey".
[[nodiscard]] KmsRefusal refusal_not_allowed(std::string_view caller_arn,
                                             std::string_view action,
                                             std::string_view resource);
/// ReplicateKey's error for a Region that already has a related key.
[[nodiscard]] KmsRefusal refusal_replica_exists();
[[nodiscard]] KmsRefusal refusal_not_a_primary(std::string_view arn);
/// NotFoundException: "Key '<arn>' does not exist".
[[nodiscard]] KmsRefusal refusal_no_such_key(std::string_view arn);
/// The error for a text that is not a valid key ID or ARN.
[[nodiscard]] KmsRefusal refusal_invalid_key_id(std::string_view text);
/// The error for an ARN from a Region other than the endpoint's: NotFoundException with "Invalid
/// arn <region>".
[[nodiscard]] KmsRefusal refusal_arn_of_other_region(std::string_view region);
[[nodiscard]] KmsRefusal refusal_key_quota(std::uint64_t quota, std::uint64_t in_use);
[[nodiscard]] KmsRefusal refusal_alias_quota(std::size_t quota);
/// UpdateAlias's error if the new key has a different type or usage.
[[nodiscard]] KmsRefusal refusal_alias_of_other_type();
/// The error for a key policy name other than "default".
[[nodiscard]] KmsRefusal refusal_no_such_policy();
/// The response to a request with DryRun that would have succeeded.
[[nodiscard]] KmsRefusal refusal_dry_run();
/// The error for a body that is not a JSON object, or that has a member of the wrong type.
[[nodiscard]] KmsRefusal refusal_serialization(std::string_view message);

}  // namespace keyferry::simulator
