// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Requests and results of the key lifecycle operations that keyferry itself does not call: key
// states, primary Region, rotation and imported key material. The members correspond to the KMS
// service model. Binary members contain raw bytes here; on the wire, they are base64.

namespace keyferry::simulator {

/// Base of requests whose only required member is the key.
struct KeyOnlyRequest {
    explicit KeyOnlyRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;  ///< key ID or ARN
};

struct CancelKeyDeletionRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
};
struct DisableKeyRotationRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
};
struct GetKeyRotationStatusRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
};
struct RotateKeyOnDemandRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
};

/// Result of operations that return only the key ID.
struct KeyIdResult {
    KeyIdResult() = default;
    std::string key_id;  ///< key ARN; for RotateKeyOnDemand, the key ID
};

struct ScheduleKeyDeletionRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::int32_t> pending_window_days;  ///< 7 to 30; KMS's default is 30
};

struct ScheduleKeyDeletionResult {
    ScheduleKeyDeletionResult() = default;
    std::string key_id;                     ///< key ARN
    std::optional<double> deletion_date_s;  ///< nullopt while replicas delay the deletion
    io::KeyState key_state = io::KeyState::pending_deletion;
    std::int32_t pending_window_days = 0;
};

struct UpdatePrimaryRegionRequest {
    UpdatePrimaryRegionRequest(std::string key_id_, std::string primary_region_)
        : key_id(std::move(key_id_)), primary_region(std::move(primary_region_)) {}
    std::string key_id;          ///< key ID or ARN of the current primary
    std::string primary_region;  ///< Region of the new primary
};

struct ListKeyPoliciesRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::int32_t> limit;
    std::optional<std::string> marker;
};

struct ListKeyPoliciesResult {
    ListKeyPoliciesResult() = default;
    std::vector<std::string> policy_names;
};

struct EnableKeyRotationRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::int32_t> period_days;  ///< 90 to 2560; KMS's default is 365
};

struct GetKeyRotationStatusResult {
    GetKeyRotationStatusResult() = default;
    std::string key_id;
    bool enabled = false;
    std::optional<std::int32_t> period_days;
    std::optional<double> next_rotation_s;
    std::optional<double> on_demand_started_s;  ///< set while an on-demand rotation is in progress
};

struct ListKeyRotationsRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::string> include_key_material;  ///< "ALL_KEY_MATERIAL" or "ROTATIONS_ONLY"
    std::optional<std::int32_t> limit;                ///< 1 to 1000; KMS's default is 100
    std::optional<std::string> marker;
};

struct RotationEntry {
    RotationEntry() = default;
    std::string key_id;
    std::string key_material_id;
    std::optional<std::string> description;
    std::optional<std::string> import_state;
    std::string material_state;
    std::optional<std::string> expiration_model;
    std::optional<double> valid_to_s;
    std::optional<double> rotation_date_s;
    std::optional<std::string> rotation_type;
};

struct ListKeyRotationsResult {
    ListKeyRotationsResult() = default;
    std::vector<RotationEntry> rotations;
    std::optional<std::string> next_marker;
    bool truncated = false;
};

struct GetParametersForImportRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::string wrapping_algorithm;
    std::string wrapping_key_spec;
};

struct GetParametersForImportResult {
    GetParametersForImportResult() = default;
    std::string key_id;        ///< key ARN
    std::string import_token;  ///< raw bytes
    std::string public_key;    ///< DER-encoded SubjectPublicKeyInfo
    double valid_to_s = 0;
};

struct ImportKeyMaterialRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::string import_token;   ///< raw bytes
    std::string wrapped_bytes;  ///< EncryptedKeyMaterial
    std::optional<double> valid_to_s;
    std::optional<std::string> expiration_model;  ///< KMS's default is KEY_MATERIAL_EXPIRES
    std::optional<std::string> import_type;
    std::optional<std::string> description;
    std::optional<std::string> key_material_id;
};

struct DeleteImportedKeyMaterialRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::string> key_material_id;  ///< if unset, the current material
};

struct KeyMaterialResult {
    KeyMaterialResult() = default;
    std::string key_id;  ///< key ARN
    std::string key_material_id;
};

}  // namespace keyferry::simulator
