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

namespace keyferry {

// The constraints of KMS's model on the members of each request (lengths, patterns, ranges, enums).
// The model allows every Limit up to 1000; ListAliases and ListResourceTags refuse already what
// KMS's API reference does not allow. There is no record of what KMS says to those between the two.
std::optional<KmsRefusal> check_members(const ReplicateKeyRequest& request);
std::optional<KmsRefusal> check_members(const DescribeKeyRequest& request);
std::optional<KmsRefusal> check_members(const CreateKeyRequest& request);
std::optional<KmsRefusal> check_members(const ListKeysRequest& request);
std::optional<KmsRefusal> check_members(const ListAliasesRequest& request);
std::optional<KmsRefusal> check_members(const ListResourceTagsRequest& request);
std::optional<KmsRefusal> check_members(const GetKeyPolicyRequest& request);
std::optional<KmsRefusal> check_members(const PutKeyPolicyRequest& request);
std::optional<KmsRefusal> check_members(const TagResourceRequest& request);
std::optional<KmsRefusal> check_members(const UntagResourceRequest& request);
std::optional<KmsRefusal> check_members(const UpdateKeyDescriptionRequest& request);

// Of an alias's name beyond KMS's model: it begins with "alias/" and has no colon
// (ValidationException). A new one must have something behind "alias/" and not be one that AWS
// keeps for its services (InvalidAliasNameException; no record of the text).
std::optional<KmsRefusal> check_members(const CreateAliasRequest& request);
std::optional<KmsRefusal> check_members(const UpdateAliasRequest& request);
std::optional<KmsRefusal> check_members(const DeleteAliasRequest& request);

// Of the operations on a key's life (request_checks_life.cpp). ScheduleKeyDeletion refuses already
// what KMS's API reference does not allow (7 to 30 days, where the model says 1 to 365).
std::optional<KmsRefusal> check_members(const KeyOnlyRequest& request);
std::optional<KmsRefusal> check_members(const ScheduleKeyDeletionRequest& request);
std::optional<KmsRefusal> check_members(const UpdatePrimaryRegionRequest& request);
std::optional<KmsRefusal> check_members(const ListKeyPoliciesRequest& request);
std::optional<KmsRefusal> check_members(const EnableKeyRotationRequest& request);
std::optional<KmsRefusal> check_members(const ListKeyRotationsRequest& request);
std::optional<KmsRefusal> check_members(const GetParametersForImportRequest& request);
std::optional<KmsRefusal> check_members(const ImportKeyMaterialRequest& request);
std::optional<KmsRefusal> check_members(const DeleteImportedKeyMaterialRequest& request);

/// KMS's own rules on tags, which it answers with TagException: at most 50, no key twice, none
/// beginning with "aws:" in any case.
std::optional<KmsRefusal> check_tags(std::span<const Tag> tags);
/// Likewise for the keys of tags that are to go: none beginning with "aws:".
std::optional<KmsRefusal> check_tag_keys(std::span<const std::string> keys);

}  // namespace keyferry
