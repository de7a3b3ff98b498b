// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/names/key_metadata.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The requests and results of the operations on a key's life that keyferry itself does not call:
// its states, its primary Region, its rotation and its imported material. Member for member as in
// KMS's model; binary members are bytes here and base64 on the wire.

namespace keyferry::simulator {

/// For operations whose request is a key and nothing else.
struct KeyOnlyRequest {
    explicit KeyOnlyRequest(std::string key_id_) : key_id(std::move(key_id_)) {}
    std::string key_id;  ///< key id or ARN
};

struct EnableKeyRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
};
struct DisableKeyRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
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

/// Which key an operation was about.
struct KeyIdResult {
    KeyIdResult() = default;
    std::string key_id;  ///< its ARN, but its id for RotateKeyOnDemand
};

struct ScheduleKeyDeletionRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::int32_t> pending_window_days;  ///< 7 to 30, KMS's default is 30
};

struct ScheduleKeyDeletionResult {
    ScheduleKeyDeletionResult() = default;
    std::string key_id;                     ///< its ARN
    std::optional<double> deletion_date_s;  ///< nothing while replicas hold the deletion up
    io::KeyState key_state = io::KeyState::pending_deletion;
    std::int32_t pending_window_days = 0;
};

struct UpdatePrimaryRegionRequest {
    UpdatePrimaryRegionRequest(std::string key_id_, std::string primary_region_)
        : key_id(std::move(key_id_)), primary_region(std::move(primary_region_)) {}
    std::string key_id;          ///< of the present primary
    std::string primary_region;  ///< where its successor is
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
    std::optional<std::int32_t> period_days;  ///< 90 to 2560, KMS's default is 365
};

struct GetKeyRotationStatusResult {
    GetKeyRotationStatusResult() = default;
    std::string key_id;
    bool enabled = false;
    std::optional<std::int32_t> period_days;
    std::optional<double> next_rotation_s;
    std::optional<double> on_demand_started_s;  ///< while one goes on
};

struct ListKeyRotationsRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::string> include_key_material;  ///< "ALL_KEY_MATERIAL", "ROTATIONS_ONLY"
    std::optional<std::int32_t> limit;                ///< 1 to 1000, KMS's default is 100
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
    std::string key_id;        ///< its ARN
    std::string import_token;  ///< bytes
    std::string public_key;    ///< DER, SubjectPublicKeyInfo
    double valid_to_s = 0;
};

struct ImportKeyMaterialRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::string import_token;   ///< bytes
    std::string wrapped_bytes;  ///< EncryptedKeyMaterial
    std::optional<double> valid_to_s;
    std::optional<std::string> expiration_model;  ///< KMS's default is KEY_MATERIAL_EXPIRES
    std::optional<std::string> import_type;
    std::optional<std::string> description;
    std::optional<std::string> key_material_id;
};

struct DeleteImportedKeyMaterialRequest : KeyOnlyRequest {
    using KeyOnlyRequest::KeyOnlyRequest;
    std::optional<std::string> key_material_id;  ///< without it, that of the current material
};

struct KeyMaterialResult {
    KeyMaterialResult() = default;
    std::string key_id;  ///< its ARN
    std::string key_material_id;
};

}  // namespace keyferry::simulator
