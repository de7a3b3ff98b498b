// SPDX-License-Identifier: Apache-2.0
// Bodies of the key lifecycle operations.
#include "tools/simulator/requests/key_life_requests.hpp"
#include "tools/simulator/values/base64.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/wire/json_request.hpp"

#include <utility>

namespace keyferry::simulator {

static io::EnableKeyRequest read(MemberReader& members, As<io::EnableKeyRequest> /*as*/) {
    return io::EnableKeyRequest(members.read_required("KeyId", "keyId"));
}

static io::DisableKeyRequest read(MemberReader& members, As<io::DisableKeyRequest> /*as*/) {
    return io::DisableKeyRequest(members.read_required("KeyId", "keyId"));
}

static CancelKeyDeletionRequest read(MemberReader& members, As<CancelKeyDeletionRequest> /*as*/) {
    return CancelKeyDeletionRequest(members.read_required("KeyId", "keyId"));
}

static DisableKeyRotationRequest read(MemberReader& members, As<DisableKeyRotationRequest> /*as*/) {
    return DisableKeyRotationRequest(members.read_required("KeyId", "keyId"));
}

static GetKeyRotationStatusRequest read(MemberReader& members,
                                        As<GetKeyRotationStatusRequest> /*as*/) {
    return GetKeyRotationStatusRequest(members.read_required("KeyId", "keyId"));
}

static RotateKeyOnDemandRequest read(MemberReader& members, As<RotateKeyOnDemandRequest> /*as*/) {
    return RotateKeyOnDemandRequest(members.read_required("KeyId", "keyId"));
}

static ScheduleKeyDeletionRequest read(MemberReader& members,
                                       As<ScheduleKeyDeletionRequest> /*as*/) {
    ScheduleKeyDeletionRequest request(members.read_required("KeyId", "keyId"));
    members.read("PendingWindowInDays", request.pending_window_days);
    return request;
}

static UpdatePrimaryRegionRequest read(MemberReader& members,
                                       As<UpdatePrimaryRegionRequest> /*as*/) {
    std::string key_id = members.read_required("KeyId", "keyId");
    return UpdatePrimaryRegionRequest(std::move(key_id),
                                      members.read_required("PrimaryRegion", "primaryRegion"));
}

static ListKeyPoliciesRequest read(MemberReader& members, As<ListKeyPoliciesRequest> /*as*/) {
    ListKeyPoliciesRequest request(members.read_required("KeyId", "keyId"));
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static EnableKeyRotationRequest read(MemberReader& members, As<EnableKeyRotationRequest> /*as*/) {
    EnableKeyRotationRequest request(members.read_required("KeyId", "keyId"));
    members.read("RotationPeriodInDays", request.period_days);
    return request;
}

static ListKeyRotationsRequest read(MemberReader& members, As<ListKeyRotationsRequest> /*as*/) {
    ListKeyRotationsRequest request(members.read_required("KeyId", "keyId"));
    members.read("IncludeKeyMaterial", request.include_key_material);
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static GetParametersForImportRequest read(MemberReader& members,
                                          As<GetParametersForImportRequest> /*as*/) {
    GetParametersForImportRequest request(members.read_required("KeyId", "keyId"));
    request.wrapping_algorithm = members.read_required("WrappingAlgorithm", "wrappingAlgorithm");
    request.wrapping_key_spec = members.read_required("WrappingKeySpec", "wrappingKeySpec");
    return request;
}

static ImportKeyMaterialRequest read(MemberReader& members, As<ImportKeyMaterialRequest> /*as*/) {
    ImportKeyMaterialRequest request(members.read_required("KeyId", "keyId"));
    request.import_token = members.read_required_bytes("ImportToken", "importToken");
    request.wrapped_bytes =
        members.read_required_bytes("EncryptedKeyMaterial", "encryptedKeyMaterial");
    members.read("ValidTo", request.valid_to_s);
    members.read("ExpirationModel", request.expiration_model);
    members.read("ImportType", request.import_type);
    members.read("KeyMaterialDescription", request.description);
    members.read("KeyMaterialId", request.key_material_id);
    return request;
}

static DeleteImportedKeyMaterialRequest read(MemberReader& members,
                                             As<DeleteImportedKeyMaterialRequest> /*as*/) {
    DeleteImportedKeyMaterialRequest request(members.read_required("KeyId", "keyId"));
    members.read("KeyMaterialId", request.key_material_id);
    return request;
}

template DecodedRequest<CancelKeyDeletionRequest> decode_request(std::string_view body);
template DecodedRequest<DeleteImportedKeyMaterialRequest> decode_request(std::string_view body);
template DecodedRequest<io::DisableKeyRequest> decode_request(std::string_view body);
template DecodedRequest<DisableKeyRotationRequest> decode_request(std::string_view body);
template DecodedRequest<io::EnableKeyRequest> decode_request(std::string_view body);
template DecodedRequest<EnableKeyRotationRequest> decode_request(std::string_view body);
template DecodedRequest<GetKeyRotationStatusRequest> decode_request(std::string_view body);
template DecodedRequest<GetParametersForImportRequest> decode_request(std::string_view body);
template DecodedRequest<ImportKeyMaterialRequest> decode_request(std::string_view body);
template DecodedRequest<ListKeyPoliciesRequest> decode_request(std::string_view body);
template DecodedRequest<ListKeyRotationsRequest> decode_request(std::string_view body);
template DecodedRequest<RotateKeyOnDemandRequest> decode_request(std::string_view body);
template DecodedRequest<ScheduleKeyDeletionRequest> decode_request(std::string_view body);
template DecodedRequest<UpdatePrimaryRegionRequest> decode_request(std::string_view body);

namespace {

void append_rotation(const RotationEntry& entry, std::string& json) {
    ObjectText object(json);
    object.text("KeyId", std::string_view(entry.key_id));
    object.text("KeyMaterialId", std::string_view(entry.key_material_id));
    object.text("KeyMaterialDescription", entry.description);
    object.text("ImportState", entry.import_state);
    object.text("KeyMaterialState", std::string_view(entry.material_state));
    object.text("ExpirationModel", entry.expiration_model);
    object.date("ValidTo", entry.valid_to_s);
    object.date("RotationDate", entry.rotation_date_s);
    object.text("RotationType", entry.rotation_type);
    object.close();
}

}  // namespace

void append_body(const KeyIdResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    object.close();
}

void append_body(const KeyMaterialResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    object.text("KeyMaterialId", std::string_view(result.key_material_id));
    object.close();
}

void append_body(const ScheduleKeyDeletionResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    object.date("DeletionDate", result.deletion_date_s);
    object.text("KeyState", io::name_of(result.key_state));
    object.number("PendingWindowInDays", result.pending_window_days);
    object.close();
}

void append_body(const ListKeyPoliciesResult& result, std::string& body) {
    ObjectText object(body);
    object.list("PolicyNames", result.policy_names, io::append_json_string);
    object.flag("Truncated", false);
    object.close();
}

void append_body(const GetKeyRotationStatusResult& result, std::string& body) {
    ObjectText object(body);
    object.flag("KeyRotationEnabled", result.enabled);
    object.text("KeyId", std::string_view(result.key_id));
    object.number("RotationPeriodInDays", result.period_days);
    object.date("NextRotationDate", result.next_rotation_s);
    object.date("OnDemandRotationStartDate", result.on_demand_started_s);
    object.close();
}

void append_body(const ListKeyRotationsResult& result, std::string& body) {
    ObjectText object(body);
    object.list("Rotations", result.rotations, append_rotation);
    object.text("NextMarker", result.next_marker);
    object.flag("Truncated", result.truncated);
    object.close();
}

void append_body(const GetParametersForImportResult& result, std::string& body) {
    ObjectText object(body);
    object.text("KeyId", std::string_view(result.key_id));
    object.text("ImportToken", std::string_view(base64(result.import_token)));
    object.text("PublicKey", std::string_view(base64(result.public_key)));
    object.date("ParametersValidTo", result.valid_to_s);
    object.close();
}

}  // namespace keyferry::simulator
