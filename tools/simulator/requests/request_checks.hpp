// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
#include "tools/simulator/requests/cryptographic_requests.hpp"
#include "tools/simulator/requests/grant_requests.hpp"
#include "tools/simulator/requests/key_life_requests.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/requests/validation_findings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

// These functions check the members of each request against the KMS service model (lengths,
// patterns, ranges, enums). The service model allows a Limit of up to 1000, but ListAliases and
// ListResourceTags enforce the lower limits of the KMS API reference. KMS's response to values
// between the two limits is unknown.
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::ReplicateKeyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::DescribeKeyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::CreateKeyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::ListKeysRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::ListAliasesRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::ListResourceTagsRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::GetKeyPolicyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::PutKeyPolicyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::TagResourceRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::UntagResourceRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(
    const io::UpdateKeyDescriptionRequest& request);

// Alias names must satisfy rules that the service model does not contain. A name must start with
// "alias/" and must not contain a colon (ValidationException). A new name must not be empty after
// "alias/" and must not be reserved for AWS services (InvalidAliasNameException; its message is
// unknown).
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::CreateAliasRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::UpdateAliasRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::DeleteAliasRequest& request);

// Key lifecycle operations (request_checks_life.cpp). ScheduleKeyDeletion enforces the limits of
// the KMS API reference (7 to 30 days, where the service model says 1 to 365).
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::EnableKeyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::DisableKeyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const KeyOnlyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const ScheduleKeyDeletionRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const UpdatePrimaryRegionRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const ListKeyPoliciesRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const EnableKeyRotationRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const ListKeyRotationsRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const GetParametersForImportRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const ImportKeyMaterialRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(
    const DeleteImportedKeyMaterialRequest& request);

// Cryptographic operations (request_checks_cryptography.cpp). The simulator limits the names and
// values of an encryption context to 8192 bytes in total.
[[nodiscard]] std::optional<KmsRefusal> check_members(const EncryptRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const DecryptRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const ReEncryptRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const DataKeyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const DataKeyPairRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const GenerateRandomRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const SignRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const VerifyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const GenerateMacRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const VerifyMacRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const GetPublicKeyRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const DeriveSharedSecretRequest& request);
// Grants (request_checks_grants.cpp).
[[nodiscard]] std::optional<KmsRefusal> check_members(const CreateGrantRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const ListGrantsRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const ListRetirableGrantsRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const RetireGrantRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const RevokeGrantRequest& request);

/// Checks KMS's rules for tags: at most 50 tags, no duplicate keys, and no key that starts with
/// "aws:" in any letter case. Violations result in TagException.
[[nodiscard]] std::optional<KmsRefusal> check_tags(std::span<const io::Tag> tags);
/// Checks the tag keys of UntagResource, which must not start with "aws:".
[[nodiscard]] std::optional<KmsRefusal> check_tag_keys(std::span<const std::string> keys);

}  // namespace keyferry::simulator
