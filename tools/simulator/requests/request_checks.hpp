// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/kms_requests.hpp"
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

// The constraints of KMS's model on the members of each request (lengths, patterns, ranges, enums).
// The model allows every Limit up to 1000; ListAliases and ListResourceTags refuse already what
// KMS's API reference does not allow. There is no record of what KMS says to those between the two.
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

// Of an alias's name beyond KMS's model: it begins with "alias/" and has no colon
// (ValidationException). A new one must have something behind "alias/" and not be one that AWS
// keeps for its services (InvalidAliasNameException; no record of the text).
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::CreateAliasRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::UpdateAliasRequest& request);
[[nodiscard]] std::optional<KmsRefusal> check_members(const io::DeleteAliasRequest& request);

// Of the operations on a key's life (request_checks_life.cpp). ScheduleKeyDeletion refuses already
// what KMS's API reference does not allow (7 to 30 days, where the model says 1 to 365).
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

/// KMS's own rules on tags, which it answers with TagException: at most 50, no key twice, none
/// beginning with "aws:" in any case.
[[nodiscard]] std::optional<KmsRefusal> check_tags(std::span<const io::Tag> tags);
/// Likewise for the keys of tags that are to go: none beginning with "aws:".
[[nodiscard]] std::optional<KmsRefusal> check_tag_keys(std::span<const std::string> keys);

}  // namespace keyferry::simulator
