// SPDX-License-Identifier: Apache-2.0
// Checks grant operations against the constraints of the KMS service model.
#include "tools/simulator/requests/request_checks.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace keyferry::simulator {

namespace {

constexpr int kListGrantsLimitMax = 100;  // documented; the service model says 1000
constexpr std::size_t kPrincipalMax = 256;
constexpr std::size_t kServicePrincipalMax = 128;
constexpr std::size_t kGrantNameMax = 256;
constexpr std::size_t kGrantIdMax = 128;
constexpr std::size_t kGrantTokenMax = 8192;
// Limits of each encryption context constraint (KMS API Reference, CreateGrant). It is an
// assumption that the second one applies to each key and each value.
constexpr std::size_t kConstraintPairsMax = 8;
constexpr std::size_t kConstraintCharactersMax = 384;

constexpr std::array<std::string_view, 17> kGrantOperations{"Decrypt",
                                                            "Encrypt",
                                                            "GenerateDataKey",
                                                            "GenerateDataKeyWithoutPlaintext",
                                                            "ReEncryptFrom",
                                                            "ReEncryptTo",
                                                            "Sign",
                                                            "Verify",
                                                            "GetPublicKey",
                                                            "CreateGrant",
                                                            "RetireGrant",
                                                            "DescribeKey",
                                                            "GenerateDataKeyPair",
                                                            "GenerateDataKeyPairWithoutPlaintext",
                                                            "GenerateMac",
                                                            "VerifyMac",
                                                            "DeriveSharedSecret"};

void check_length(const std::optional<std::string>& text,
                  std::string_view member,
                  std::size_t characters_max,
                  ValidationFindings& findings) {
    if (text) {
        findings.add_length(*text, member, 1, characters_max);
    }
}

/// KMS's message for these limits is unknown; this is AWS's usual message.
void check_constraint(const std::optional<EncryptionContext>& pairs,
                      std::string_view member,
                      ValidationFindings& findings) {
    if (!pairs) {
        return;
    }
    if (pairs->size() > kConstraintPairsMax) {
        findings.add(
            fmt::format("{} pairs", pairs->size()),
            member,
            fmt::format("Member must have length less than or equal to {}", kConstraintPairsMax));
    }
    for (const auto& [key, value] : *pairs) {
        findings.add_length(key, fmt::format("{}.key", member), 1, kConstraintCharactersMax);
        findings.add_length(value, fmt::format("{}.value", member), 0, kConstraintCharactersMax);
    }
}

}  // namespace

std::optional<KmsRefusal> check_members(const CreateGrantRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_length(request.grantee_principal, "granteePrincipal", kPrincipalMax, findings);
    check_length(request.retiring_principal, "retiringPrincipal", kPrincipalMax, findings);
    check_length(request.grantee_service_principal,
                 "granteeServicePrincipal",
                 kServicePrincipalMax,
                 findings);
    check_length(request.retiring_service_principal,
                 "retiringServicePrincipal",
                 kServicePrincipalMax,
                 findings);
    check_length(request.name, "name", kGrantNameMax, findings);
    for (std::size_t i = 0; i < request.operations.size(); ++i) {
        findings.add_enum(
            request.operations[i], fmt::format("operations.{}.member", i + 1), kGrantOperations);
    }
    check_constraint(request.constraints.subset, "constraints.encryptionContextSubset", findings);
    check_constraint(request.constraints.equals, "constraints.encryptionContextEquals", findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ListGrantsRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_length(request.grant_id, "grantId", kGrantIdMax, findings);
    check_length(request.grantee_principal, "granteePrincipal", kPrincipalMax, findings);
    findings.add_page(request.limit, kListGrantsLimitMax, request.marker);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ListRetirableGrantsRequest& request) {
    ValidationFindings findings;
    check_length(request.retiring_principal, "retiringPrincipal", kPrincipalMax, findings);
    findings.add_page(request.limit, kListGrantsLimitMax, request.marker);
    auto refusal = findings.refusal();
    if (!refusal && !request.retiring_principal && !request.retiring_service_principal) {
        return KmsRefusal(io::KmsErrorCode::validation,  // KMS's message is unknown
                          "A retiring principal is required.");
    }
    return refusal;
}

std::optional<KmsRefusal> check_members(const RetireGrantRequest& request) {
    ValidationFindings findings;
    check_length(request.grant_token, "grantToken", kGrantTokenMax, findings);
    check_length(request.key_id, "keyId", kKeyIdMax, findings);
    check_length(request.grant_id, "grantId", kGrantIdMax, findings);
    auto refusal = findings.refusal();
    if (!refusal && !request.grant_token && !(request.key_id && request.grant_id)) {
        return KmsRefusal(io::KmsErrorCode::validation,  // KMS's message is unknown
                          "A grant token, or a key ID and a grant ID, are required.");
    }
    return refusal;
}

std::optional<KmsRefusal> check_members(const RevokeGrantRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    findings.add_length(request.grant_id, "grantId", 1, kGrantIdMax);
    return findings.refusal();
}

}  // namespace keyferry::simulator
