// SPDX-License-Identifier: Apache-2.0
// Checks key lifecycle operations against the constraints of the KMS service model.
#include "tools/simulator/requests/request_checks.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace keyferry::simulator {

namespace {

constexpr int kLimitMax = 1000;
constexpr int kWaitingDaysMin = 7;   // documented
constexpr int kWaitingDaysMax = 30;  // documented
constexpr int kPeriodDaysMin = 90;
constexpr int kPeriodDaysMax = 2560;
constexpr std::size_t kImportBytesMax = 6144;
constexpr std::size_t kMaterialDescriptionMax = 256;
constexpr std::size_t kMaterialIdSize = 64;

void check_material_id(const std::optional<std::string>& id, ValidationFindings& findings) {
    if (!id) {
        return;
    }
    findings.add_length(*id, "keyMaterialId", kMaterialIdSize, kMaterialIdSize);
    if (id->find_first_not_of("0123456789abcdef") != std::string::npos) {
        findings.add(
            *id, "keyMaterialId", "Member must satisfy regular expression pattern: ^[a-f0-9]+$");
    }
}

void check_bytes(std::string_view bytes, std::string_view member, ValidationFindings& findings) {
    if (bytes.empty() || bytes.size() > kImportBytesMax) {
        findings.add("(bytes)",
                     member,
                     bytes.empty() ? "Member must have length greater than or equal to 1"
                                   : "Member must have length less than or equal to 6144");
    }
}

void check_material_description(const std::optional<std::string>& text,
                                ValidationFindings& findings) {
    if (!text) {
        return;
    }
    findings.add_length(*text, "keyMaterialDescription", 0, kMaterialDescriptionMax);
    const bool fits = std::all_of(text->begin(), text->end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(":/_ \t\n\v\f\r.-").find(c) != std::string_view::npos;
    });
    if (!fits) {
        findings.add(*text,
                     "keyMaterialDescription",
                     "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_\\s.-]+$");
    }
}

}  // namespace

std::optional<KmsRefusal> check_members(const io::EnableKeyRequest& request) {
    return check_members(KeyOnlyRequest(request.key_id));
}

std::optional<KmsRefusal> check_members(const io::DisableKeyRequest& request) {
    return check_members(KeyOnlyRequest(request.key_id));
}

std::optional<KmsRefusal> check_members(const KeyOnlyRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ScheduleKeyDeletionRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_range(
        request.pending_window_days, "pendingWindowInDays", kWaitingDaysMin, kWaitingDaysMax);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const UpdatePrimaryRegionRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_region(request.primary_region, "primaryRegion");
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ListKeyPoliciesRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_page(request.limit, kLimitMax, request.marker);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const EnableKeyRotationRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_range(request.period_days, "rotationPeriodInDays", kPeriodDaysMin, kPeriodDaysMax);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ListKeyRotationsRequest& request) {
    constexpr std::array<std::string_view, 2> kInclude{"ALL_KEY_MATERIAL", "ROTATIONS_ONLY"};
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_enum(request.include_key_material, "includeKeyMaterial", kInclude);
    findings.add_page(request.limit, kLimitMax, request.marker);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const GetParametersForImportRequest& request) {
    constexpr std::array<std::string_view, 6> kAlgorithms{"RSAES_PKCS1_V1_5",
                                                          "RSAES_OAEP_SHA_1",
                                                          "RSAES_OAEP_SHA_256",
                                                          "RSA_AES_KEY_WRAP_SHA_1",
                                                          "RSA_AES_KEY_WRAP_SHA_256",
                                                          "SM2PKE"};
    constexpr std::array<std::string_view, 4> kSpecs{"RSA_2048", "RSA_3072", "RSA_4096", "SM2"};
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_enum(request.wrapping_algorithm, "wrappingAlgorithm", kAlgorithms);
    findings.add_enum(request.wrapping_key_spec, "wrappingKeySpec", kSpecs);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ImportKeyMaterialRequest& request) {
    constexpr std::array<std::string_view, 2> kModels{"KEY_MATERIAL_EXPIRES",
                                                      "KEY_MATERIAL_DOES_NOT_EXPIRE"};
    constexpr std::array<std::string_view, 2> kTypes{"NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"};
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_bytes(request.import_token, "importToken", findings);
    check_bytes(request.wrapped_bytes, "encryptedKeyMaterial", findings);
    findings.add_enum(request.expiration_model, "expirationModel", kModels);
    findings.add_enum(request.import_type, "importType", kTypes);
    check_material_description(request.description, findings);
    check_material_id(request.key_material_id, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const DeleteImportedKeyMaterialRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_material_id(request.key_material_id, findings);
    return findings.refusal();
}

}  // namespace keyferry::simulator
