// SPDX-License-Identifier: Apache-2.0
// Checks grant operations against the constraints of the KMS service model.
#include "io/names/account_id.hpp"
#include "tools/simulator/requests/request_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
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
// Limits of each encryption context constraint (KMS API Reference, CreateGrant). That the second
// limit applies to each key and each value is an assumption.
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

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Whether `text` consists of letters, digits and characters of `others`.
bool has_only(std::string_view text, std::string_view others) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
    });
}

/// Whether `text` consists of at least three labels: "s3.amazonaws.com".
bool is_service(std::string_view text) {
    return has_only(text, ".-") && std::count(text.begin(), text.end(), '.') >= 2 &&
           text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos;
}

/// Whether `text` is an ARN with an account ID.
bool is_source_arn(std::string_view text) {
    constexpr std::size_t kParts = 5;
    std::array<std::string_view, kParts> parts;
    for (std::string_view& part : parts) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) {
            return false;
        }
        part = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    const auto is_lower = [](std::string_view part) {
        return part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
               std::string_view::npos;
    };
    const auto& [prefix, partition, service, region, account] = parts;
    return prefix == "arn" && partition.starts_with("aws") && is_lower(partition) &&
           !service.empty() && is_lower(service) && is_lower(region) &&
           io::AccountId::parse(account) && !text.empty();
}

void check_length(const std::optional<std::string>& text,
                  std::string_view member,
                  std::size_t characters_max,
                  ValidationFindings& findings) {
    if (text) {
        findings.add_length(*text, member, 1, characters_max);
    }
}

void check_pattern(const std::optional<std::string>& text,
                   std::string_view member,
                   bool (*matches)(std::string_view),
                   std::string_view pattern,
                   ValidationFindings& findings) {
    if (text && !matches(*text)) {
        findings.add(*text,
                     member,
                     fmt::format("Member must satisfy regular expression pattern: {}", pattern));
    }
}

void check_principal(const std::optional<std::string>& principal,
                     std::string_view member,
                     ValidationFindings& findings) {
    check_length(principal, member, kPrincipalMax, findings);
    const auto matches = [](std::string_view text) {
        return has_only(text, "_+=,.@:/-");
    };
    check_pattern(principal, member, matches, "^[\\w+=,.@:/-]+$", findings);
}

void check_service(const std::optional<std::string>& service,
                   std::string_view member,
                   ValidationFindings& findings) {
    check_length(service, member, kServicePrincipalMax, findings);
    check_pattern(service,
                  member,
                  is_service,
                  "^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$",
                  findings);
}

void check_source_arn(const std::optional<std::string>& arn, ValidationFindings& findings) {
    constexpr std::string_view kMember = "constraints.sourceArn";
    constexpr std::size_t kSourceArnMin = 20;
    constexpr std::size_t kSourceArnMax = 512;
    if (arn) {
        findings.add_length(*arn, kMember, kSourceArnMin, kSourceArnMax);
    }
    check_pattern(arn,
                  kMember,
                  is_source_arn,
                  "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$",
                  findings);
}

void check_name(const std::optional<std::string>& name, ValidationFindings& findings) {
    check_length(name, "name", kGrantNameMax, findings);
    const auto matches = [](std::string_view text) {
        return has_only(text, ":/_-");
    };
    check_pattern(name, "name", matches, "^[a-zA-Z0-9:/_-]+$", findings);
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
    check_principal(request.grantee_principal, "granteePrincipal", findings);
    check_principal(request.retiring_principal, "retiringPrincipal", findings);
    check_service(request.grantee_service_principal, "granteeServicePrincipal", findings);
    check_service(request.retiring_service_principal, "retiringServicePrincipal", findings);
    check_name(request.name, findings);
    for (std::size_t i = 0; i < request.operations.size(); ++i) {
        findings.add_enum(
            request.operations[i], fmt::format("operations.{}.member", i + 1), kGrantOperations);
    }
    check_constraint(request.constraints.subset, "constraints.encryptionContextSubset", findings);
    check_constraint(request.constraints.equals, "constraints.encryptionContextEquals", findings);
    check_source_arn(request.constraints.source_arn, findings);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ListGrantsRequest& request) {
    ValidationFindings findings;
    findings.add_key_id(request.key_id);
    check_length(request.grant_id, "grantId", kGrantIdMax, findings);
    check_principal(request.grantee_principal, "granteePrincipal", findings);
    check_service(request.grantee_service_principal, "granteeServicePrincipal", findings);
    findings.add_page(request.limit, kListGrantsLimitMax, request.marker);
    return findings.refusal();
}

std::optional<KmsRefusal> check_members(const ListRetirableGrantsRequest& request) {
    ValidationFindings findings;
    check_principal(request.retiring_principal, "retiringPrincipal", findings);
    check_service(request.retiring_service_principal, "retiringServicePrincipal", findings);
    findings.add_page(request.limit, kListGrantsLimitMax, request.marker);
    auto refusal = findings.refusal();
    if (!refusal &&
        request.retiring_principal.has_value() == request.retiring_service_principal.has_value()) {
        return KmsRefusal(io::KmsErrorCode::validation,  // KMS's message is unknown
                          "Either a retiring principal or a retiring service principal is "
                          "required.");
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
